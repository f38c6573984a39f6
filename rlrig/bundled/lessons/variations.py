"""Prompt graphs that differ a little: what makes a scene wrong for its prompt, or a question hard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from rlrig_eval.scene import Entity, Relation, SceneGraph, opposite
from rlrig_eval.shapes import FREE, LayoutError, Placement, Split, layout, split, truth
from rlrig_eval.shapes.vocabulary import COLOURS
from rlrig_eval.suite.structures import OVERLAPS, PREDICATES, STRUCTURES, Pairing, compose

MOST_THINGS = 5
"""A canvas holds no more; four are asked for at most, and one may be a thing too many."""


_CHOOSY = ("pair", "chain", "triangle", "long chain", "web")
_FIRST = (*PREDICATES, *OVERLAPS, *OVERLAPS)  # what overlaps is rare unless asked for


@dataclass(frozen=True)
class Staged:
    """A prompt and a drawn scene that shows it, or nearly; `scene` is the drawing's truth.

    Instances in `scene` are named after their group in `staged` (e0, or e0#1, e0#2 of a group e0).
    """

    prompt: SceneGraph
    staged: SceneGraph
    scene: SceneGraph


def stage(
    rng: Generator,
    pairings: Sequence[Pairing],
    bucket: Split = "train",
    wrong: float = 0.5,
    structures: Sequence[str] = tuple(STRUCTURES),
    placement: Placement = FREE,
) -> Staged:
    """A prompt of the split `bucket` and a scene: its own or, with probability `wrong`, a variation's."""
    # Drawn once: drawing anew after a failed layout would leave out what is hard to lay out.
    structure = structures[int(rng.integers(len(structures)))]
    predicate = _FIRST[int(rng.integers(len(_FIRST)))] if structure in _CHOOSY else None
    while True:
        prompt = compose(rng, structure, pairings, predicate)
        if split(prompt) != bucket:
            continue
        shown = prompt
        if rng.random() < wrong:
            for _ in range(int(rng.integers(1, 4))):
                shown = vary(rng, shown, pairings)
        if sum(entity.count for entity in shown.entities) > MOST_THINGS:
            continue
        try:
            return Staged(prompt, shown, truth(layout(shown, rng, attempts=4, placement=placement)))
        except LayoutError:
            continue


def vary(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph:
    """`graph` with one thing changed: a relation, its direction, a colour, shape, size, number or thing."""
    while True:
        change = _CHANGES[int(rng.integers(len(_CHANGES)))]
        changed = change(rng, graph, pairings)
        if changed is not None:
            return changed


def _reword(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    def other(relation: Relation) -> Relation | None:
        if relation.predicate == "between":
            return None
        predicate = (
            opposite(relation.predicate) if rng.random() < 0.5 else PREDICATES[int(rng.integers(len(PREDICATES)))]
        )
        return relation.model_copy(update={"predicate": predicate})

    return _change_relation(rng, graph, other)


def _reverse(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    def other(relation: Relation) -> Relation:
        first, *rest = relation.objects
        object_ = (relation.subject, rest[0]) if rest else relation.subject
        return relation.model_copy(update={"subject": first, "object": object_})

    return _change_relation(rng, graph, other)


def _negate(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    return _change_relation(rng, graph, lambda relation: relation.model_copy(update={"negated": not relation.negated}))


def _change_relation(
    rng: Generator, graph: SceneGraph, other: Callable[[Relation], Relation | None]
) -> SceneGraph | None:
    if not graph.relations:
        return None
    place = int(rng.integers(len(graph.relations)))
    changed = other(graph.relations[place])
    if changed is None or len({changed.subject, *changed.objects}) < 1 + len(changed.objects):
        return None
    relations = tuple(changed if n == place else relation for n, relation in enumerate(graph.relations))
    return SceneGraph(entities=graph.entities, relations=relations)


def _recolour(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    def other(entity: Entity) -> Entity | None:
        colours = [colour for colour, shape in pairings if shape == entity.category]
        return _painted(entity, colours[int(rng.integers(len(colours)))])

    return _change_entity(rng, graph, other)


def _reshape(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    def other(entity: Entity) -> Entity | None:
        shapes = [shape for colour, shape in pairings if colour in entity.attributes]
        return entity.model_copy(update={"category": shapes[int(rng.integers(len(shapes)))]})

    return _change_entity(rng, graph, other)


def _recount(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    def other(entity: Entity) -> Entity | None:
        count = entity.count + int(rng.choice((-1, 1)))
        return entity.model_copy(update={"count": count}) if 1 <= count <= 3 else None

    return _change_entity(rng, graph, other)


def _resize(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    def other(entity: Entity) -> Entity:
        size = ("small", "large")[int(rng.integers(2))]
        return entity.model_copy(update={"attributes": (size, *(w for w in entity.attributes if w in COLOURS))})

    return _change_entity(rng, graph, other)


def _trade(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    """Two things trade their colours: the hardest of wrong bindings."""
    if len(graph.entities) < 2:
        return None
    one, two = (graph.entities[i] for i in rng.choice(len(graph.entities), size=2, replace=False))
    traded = {one.id: _painted(one, _colour(two)), two.id: _painted(two, _colour(one))}
    if any((_colour(entity), entity.category) not in pairings for entity in traded.values()):
        return None
    return SceneGraph(entities=tuple(traded.get(e.id, e) for e in graph.entities), relations=graph.relations)


def _change_entity(rng: Generator, graph: SceneGraph, other: Callable[[Entity], Entity | None]) -> SceneGraph | None:
    old = graph.entities[int(rng.integers(len(graph.entities)))]
    new = other(old)
    if new is None or new == old:
        return None
    return SceneGraph(entities=tuple(new if e.id == old.id else e for e in graph.entities), relations=graph.relations)


def _drop(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    if len(graph.entities) < 2:
        return None
    gone = graph.entities[int(rng.integers(len(graph.entities)))].id
    return SceneGraph(
        entities=tuple(e for e in graph.entities if e.id != gone),
        relations=tuple(r for r in graph.relations if gone not in (r.subject, *r.objects)),
    )


def _add(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    colour, shape = pairings[int(rng.integers(len(pairings)))]
    return _with_one_more(graph, shape, (colour,))


def _repeat(rng: Generator, graph: SceneGraph, pairings: Sequence[Pairing]) -> SceneGraph | None:
    """One more of what is there already, which a count of at most three cannot say."""
    old = graph.entities[int(rng.integers(len(graph.entities)))]
    return _with_one_more(graph, old.category, old.attributes)


def _with_one_more(graph: SceneGraph, category: str, attributes: tuple[str, ...]) -> SceneGraph | None:
    if len(graph.entities) > 3:
        return None
    new = next(f"x{n}" for n in range(9) if all(e.id != f"x{n}" for e in graph.entities))
    entity = Entity(id=new, category=category, attributes=attributes)
    return SceneGraph(entities=(*graph.entities, entity), relations=graph.relations)


def _colour(entity: Entity) -> str:
    return next(word for word in entity.attributes if word in COLOURS)


def _painted(entity: Entity, colour: str) -> Entity:
    kept = tuple(word for word in entity.attributes if word not in COLOURS)
    return entity.model_copy(update={"attributes": (*kept, colour)})


_CHANGES = (_reword, _reword, _reverse, _negate, _recolour, _reshape, _recount, _resize, _trade, _drop, _add, _repeat)
