"""Places for the things of any graph: one on each field of a grid, far clear of every threshold of any rule.

For pictures whose true score is known under published rules too, which draw their lines elsewhere than
`scene.geometry`: what is left of something here is so for GenEval, VISOR, HRS and T2I-CompBench alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import networkx as nx
from numpy.random import Generator

from rlrig_eval.extract.written import SIDE, seen
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.relations import VOCABULARY
from rlrig_eval.shapes import LayoutError

GRID = 6  # fields a side
_FIELD = SIDE / GRID
_EXTENT, _BIG, _SMALL, _WITHIN = 48, 72, 30, 20  # pixels
_TELLS = ("on", "touching", "in front of")  # boxes that do not overlap do not decide these
_ATTEMPTS, _CLEAR = 20, 4  # in the first few no diagonal is taken for left of, or for above
_STEPS = 2000  # fields that are looked at in one attempt

Field = tuple[int, int]
"""Column and row."""


def tableau(graph: SceneGraph, rng: Generator) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
    """The instances of `graph` with boxes and depths, and what holds of them that boxes and depths do not decide.

    Raises:
        LayoutError: no arrangement was found, or there are more things than fields.
    """
    expanded = graph.expand()
    if len(expanded.entities) > GRID * GRID:
        raise LayoutError(f"{len(expanded.entities)} things do not fit on {GRID} x {GRID} fields")
    stated = [relation.canonical() for relation in expanded.relations]
    placed = [relation for relation in stated if _placeable(relation)]
    told = tuple(r for r in stated if not r.negated and (not _placeable(r) or r.predicate in _TELLS))
    for attempt in range(_ATTEMPTS):
        fields = _fields(expanded.entities, placed, 2 if attempt < _CLEAR else 1, rng)
        if fields is None:
            continue
        depths = _depths(expanded.entities, placed, rng)
        extents = {entity.id: _extent(entity.id, placed, attempt < _CLEAR, rng) for entity in expanded.entities}
        entities = tuple(_at(e, fields[e.id], depths[e.id], extents[e.id]) for e in expanded.entities)
        found = seen(entities, told).canonical_relations()
        held = [relation in found for relation in stated if not relation.negated]
        denied = [relation.model_copy(update={"negated": False}) in found for relation in stated if relation.negated]
        if all(held) and not any(denied):
            return entities, told
    raise LayoutError(f"no arrangement found for {graph.model_dump_json(exclude_defaults=True)}")


def _placeable(relation: Relation) -> bool:
    return relation.predicate in VOCABULARY and relation.frame == "viewer"


def _fields(
    things: Sequence[Entity], placed: Sequence[Relation], steep: int, rng: Generator
) -> dict[str, Field] | None:
    """A field for each thing such that what is said of fields holds; None when none was found in _STEPS."""
    order = [things[i] for i in rng.permutation(len(things))]
    budget = iter(range(_STEPS))

    def settle(fields: dict[str, Field], left: Sequence[Entity]) -> dict[str, Field] | None:
        if not left:
            return fields
        name = left[0].id
        for field in _shuffled(rng):
            if next(budget, None) is None:
                return None
            tried = {**fields, name: field}
            decided = (r for r in placed if _decided(r, name, tried))
            if _alone(name, tried, placed) and all(_fits(r, tried, steep) for r in decided):
                found = settle(tried, left[1:])
                if found is not None:
                    return found
        return None

    return settle({}, order)


def _shuffled(rng: Generator) -> Iterator[Field]:
    fields = list(product(range(GRID), repeat=2))
    return (fields[i] for i in rng.permutation(len(fields)))


def _decided(relation: Relation, latest: str, fields: Mapping[str, Field]) -> bool:
    members = (relation.subject, *relation.objects)
    return latest in members and all(name in fields for name in members)


def _alone(name: str, fields: Mapping[str, Field], placed: Sequence[Relation]) -> bool:
    """Whether a thing has its field to itself, but for what it is inside of or holds."""
    nested = [{r.subject, *r.objects} for r in placed if r.predicate == "inside" and not r.negated]
    return all(field != fields[name] or {name, other} in nested for other, field in fields.items() if other != name)


def _fits(relation: Relation, fields: Mapping[str, Field], steep: int) -> bool:
    """Whether a canonical relation holds of fields, as clearly as this grid can say it.

    What is left of another is `steep` times as far to the left as above or below. What is not left of another is
    well out of the 60 degrees that `scene.geometry` takes for left, and what is not far well within reach.
    """
    (x, y), *others = (fields[name] for name in (relation.subject, *relation.objects))
    if len(others) == 2:
        (x1, y1), (x2, y2) = others
        return ((2 * x, 2 * y) == (x1 + x2, y1 + y2) and others[0] != others[1]) != relation.negated
    dx, dy = others[0][0] - x, others[0][1] - y
    apart = max(abs(dx), abs(dy))
    across, far = (0.5, 3) if relation.negated else (steep, 4)
    holds = {
        "left of": dx > 0 and across * abs(dy) <= dx,
        "above": dy > 0 and across * abs(dx) <= dy,
        "on": dy == 1 and abs(dx) <= (0 if steep > 1 else 2),  # a table has room for several
        "touching": abs(dx) + abs(dy) == 1,
        "near": apart == 1,
        "far from": apart >= far,
        "inside": apart == 0,
    }
    return holds.get(relation.predicate, not relation.negated) != relation.negated


def _depths(things: Sequence[Entity], placed: Sequence[Relation], rng: Generator) -> dict[str, float]:
    """Distances from the viewer, all different, in which what is in front of or inside another is nearer.

    Raises:
        LayoutError: the prompt puts things in front of one another in a circle.
    """
    order: nx.DiGraph[str] = nx.DiGraph()
    order.add_nodes_from(things[i].id for i in rng.permutation(len(things)))
    pairs = [(r.subject, r.objects[0]) for r in placed if r.predicate in ("in front of", "inside") and not r.negated]
    order.add_edges_from(pairs)
    try:
        return {name: float(rank) for rank, name in enumerate(nx.topological_sort(order))}
    except nx.NetworkXUnfeasible:
        raise LayoutError("things cannot stand in front of one another in a circle") from None


def _at(entity: Entity, field: Field, depth: float, extent: float) -> Entity:
    x, y = ((place + 0.5) * _FIELD for place in field)
    box = (x - extent / 2, y - extent / 2, x + extent / 2, y + extent / 2)
    return entity.model_copy(update={"box": box, "depth": depth})


def _extent(name: str, placed: Sequence[Relation], plain: bool, rng: Generator) -> float:
    """As relations need, else of a middle size or, where that will not do (of the size of a small thing), any."""
    stated = [r for r in placed if not r.negated]
    if any(r.predicate == "inside" and r.subject == name for r in stated):
        return _WITHIN
    holds = any(r.predicate == "inside" and name in r.objects for r in stated)
    if holds or any(r.predicate == "bigger than" and r.subject == name for r in stated):
        return _BIG
    if any(r.predicate == "bigger than" and name in r.objects for r in stated):
        return _SMALL
    return _EXTENT if plain else float(rng.choice((_SMALL, _EXTENT, _BIG)))
