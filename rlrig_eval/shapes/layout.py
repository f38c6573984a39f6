"""Give the entities of a scene graph boxes such that every stated relation holds, and holds with margin."""

from collections.abc import Mapping
from itertools import repeat

import numpy as np
from numpy.random import Generator

from rlrig_eval.scene.graph import Entity, SceneGraph
from rlrig_eval.shapes.constraints import OVERLAPPING, Boxes, Plan
from rlrig_eval.shapes.placement import FREE, Placement, Point
from rlrig_eval.shapes.seating import Search
from rlrig_eval.shapes.vocabulary import LARGE, SHAPES


class LayoutError(ValueError):
    """No arrangement was found: the relations contradict each other or leave no room."""


def layout(
    graph: SceneGraph,
    rng: Generator,
    attempts: int = 60,
    fixed: Mapping[str, Entity] | None = None,
    placement: Placement = FREE,
    foresight: int = 0,
    near: Mapping[str, Point] | None = None,
) -> SceneGraph:
    """The instances of `graph` with integer boxes and depths on the 64-pixel canvas; relations as stated.

    Things overlap only where `graph` states inside or in front of. `fixed` gives entities (by instance id) that
    keep their box and depth; the others are placed around them, as `placement` prefers, and those in `near` (by
    instance id) with their centres as near to a point as what stands before them allows.

    Args:
        attempts: how often each thing is put at the first place that will do for it.
        foresight: how many attempts follow in which it is put where it leaves the others most room: they find what
            is crowded. What the plain attempts find is the same for any number of these.

    Raises:
        LayoutError: nothing found within all attempts, or a shape or relation that this world has not.
    """
    expanded = graph.expand()
    plan = Plan(expanded.entities, tuple(r.canonical() for r in expanded.relations))
    _require_known(plan)
    for foreseeing in (*repeat(False, attempts), *repeat(True, foresight)):
        placed = _attempt(plan, rng, fixed or {}, placement, near or {}, foreseeing)
        if placed is not None:
            return SceneGraph(entities=placed, relations=expanded.relations)
    raise LayoutError(f"no layout found for {graph.model_dump_json(exclude_defaults=True)}")


LAID_OUT = frozenset(
    {"left of", "above", "inside", "in front of", "between", "bigger than", "near", "far from", "touching"}
)
"""The relations, in canonical form, that things can be placed by."""


def _require_known(plan: Plan) -> None:
    for entity in plan.entities:
        if entity.category not in SHAPES:
            raise LayoutError(f"the shapes world has no {entity.category!r}, but {', '.join(SHAPES)}")
    for relation in plan.stated:
        if relation.predicate not in LAID_OUT:
            raise LayoutError(f"the shapes world lays nothing out by {relation.predicate!r}")


def _attempt(
    plan: Plan,
    rng: Generator,
    fixed: Mapping[str, Entity],
    placement: Placement,
    near: Mapping[str, Point],
    foreseeing: bool,
) -> tuple[Entity, ...] | None:
    extents = _extents(plan, rng, fixed, placement)
    if extents is None:
        return None
    standing: dict[str, Boxes] = {
        name: np.asarray(entity.box, dtype=np.float64) for name, entity in fixed.items() if entity.box is not None
    }
    search = Search(plan, extents, placement, near, rng)
    placed = search.with_foresight(standing) if foreseeing else search.in_order(standing)
    depths = None if placed is None else _depths(plan, rng, fixed)
    if placed is None or depths is None:
        return None
    return tuple(
        entity.model_copy(update={"box": tuple(map(float, placed[entity.id])), "depth": depths[entity.id]})
        for entity in plan.entities
    )


def _extents(plan: Plan, rng: Generator, fixed: Mapping[str, Entity], placement: Placement) -> dict[str, int] | None:
    """An extent in canvas pixels for every entity: as stated, as relations need, else at random."""
    large: dict[str, bool] = {}
    for entity in plan.entities:
        if entity.id in fixed and fixed[entity.id].box is not None:
            box = fixed[entity.id].box or (0, 0, 0, 0)
            large[entity.id] = box[2] - box[0] >= LARGE[0]
        elif "small" in entity.attributes or "large" in entity.attributes:
            large[entity.id] = "large" in entity.attributes
    for relation in plan.stated:
        if relation.negated or relation.predicate not in ("bigger than", "inside"):
            continue
        big, little = relation.subject, relation.objects[0]
        if relation.predicate == "inside":
            big, little = little, big
        if large.setdefault(big, True) is False or large.setdefault(little, False) is True:
            return None
    share = {1: 0.6, 2: 0.5, 3: 0.35}.get(len(plan.entities), 0.25)
    for entity in plan.entities:
        if entity.id not in large:
            large[entity.id] = bool(rng.random() < share)
    return {name: int(rng.choice(placement.large if big else placement.small)) for name, big in large.items()}


def _depths(plan: Plan, rng: Generator, fixed: Mapping[str, Entity]) -> dict[str, float] | None:
    """Distances from the viewer in which the nearer of every overlapping pair has the smaller."""
    depths = {
        entity.id: float(rank) for entity, rank in zip(plan.entities, rng.permutation(len(plan.entities)), strict=True)
    }
    depths.update({name: entity.depth for name, entity in fixed.items() if entity.depth is not None})
    pairs = [(r.subject, r.objects[0]) for r in plan.stated if r.predicate in OVERLAPPING and not r.negated]
    for _ in range(len(plan.entities)):
        for near, far in pairs:
            if depths[near] >= depths[far]:
                if near in fixed and far in fixed:
                    return None
                moved, rest = (near, depths[far] - 1) if near not in fixed else (far, depths[near] + 1)
                depths[moved] = rest
    return depths if all(depths[near] < depths[far] for near, far in pairs) else None
