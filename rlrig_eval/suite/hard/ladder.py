"""Six prompts of one scene, each with one relation more than the one before: k = 1 to 6."""

from collections.abc import Iterator, Sequence

from numpy.random import Generator

from rlrig_eval.scene import VOCABULARY, Entity, Relation, SceneGraph
from rlrig_eval.scene.relations import Axis
from rlrig_eval.shapes import sample
from rlrig_eval.shapes.vocabulary import COLOURS
from rlrig_eval.suite.hard.members import Accepts, Draw, Member, mirrored
from rlrig_eval.suite.spatial import implied
from rlrig_eval.suite.structures import DIRECTIONS

RUNGS = 6
_THINGS = 4
_AXES: tuple[Axis, Axis] = ("horizontal", "vertical")


def ladder(draw: Draw) -> Iterator[Member]:
    """The rungs; none when this scene has none.

    All relations hold in one sampled scene, so that every rung can be drawn, and none follows from those before it.
    The twin of a rung is its mirror on the axis of the first relation, which is left and right or above and below in
    turn.
    """
    scene = sample(draw.rng, _THINGS, draw.pairings)
    cast = [_asked(entity) for entity in scene.entities]
    if len({(entity.category, entity.attributes) for entity in cast}) < _THINGS:
        return
    told = [_either_side(draw.rng, r) for r in scene.relations if VOCABULARY[r.predicate].places == 2]
    told = [told[i] for i in draw.rng.permutation(len(told))]
    axis = _AXES[draw.number % 2]
    for first in (relation for relation in told if VOCABULARY[relation.predicate].axis == axis):
        rungs = _climbed(cast, [], [first], told, draw.accepts)
        if rungs is not None:
            for height in range(1, RUNGS + 1):
                graph = _of(cast, rungs[:height])
                yield Member(graph, mirrored(graph, axis), role=f"k{height}" if height > 1 else "")
            return


def _asked(entity: Entity) -> Entity:
    """A thing of a scene as a prompt asks for it: its colour, without its size and place."""
    colours = tuple(word for word in entity.attributes if word in COLOURS)
    return Entity(id=entity.id, category=entity.category, attributes=colours)


def _climbed(
    cast: Sequence[Entity],
    stated: list[Relation],
    next_: Sequence[Relation],
    told: Sequence[Relation],
    accepts: Accepts,
) -> list[Relation] | None:
    """Six of those `told`, first the ones `stated` and one of `next_`, such that every rung is accepted."""
    if len(stated) == RUNGS:
        return stated
    for relation in next_:
        graph = _of(cast, [*stated, relation])
        if not accepts(graph) or implied(graph) or _follows(relation, stated):
            continue
        known = {entity.id for entity in graph.entities}
        left = [r for r in told if r not in graph.relations and known & {r.subject, *r.objects}]
        found = _climbed(cast, [*stated, relation], left, told, accepts)
        if found is not None:
            return found
    return None


def _follows(relation: Relation, stated: Sequence[Relation]) -> bool:
    """Whether one of the pair's overlap, distance and size is stated already: what is inside a thing is smaller too."""

    def pair(one: Relation) -> frozenset[str]:
        return frozenset((one.subject, *one.objects))

    return relation.predicate not in DIRECTIONS and any(
        pair(other) == pair(relation) and other.predicate not in DIRECTIONS for other in stated
    )


def _of(cast: Sequence[Entity], relations: Sequence[Relation]) -> SceneGraph:
    """The relations with the things that they speak of, in the order in which they do."""
    spoken = dict.fromkeys(name for relation in relations for name in (relation.subject, *relation.objects))
    by_id = {entity.id: entity for entity in cast}
    return SceneGraph(entities=tuple(by_id[name] for name in spoken), relations=tuple(relations))


def _either_side(rng: Generator, relation: Relation) -> Relation:
    inverse = VOCABULARY[relation.predicate].inverse
    if inverse is None or rng.random() < 0.5:
        return relation
    turned = {"subject": relation.object, "object": relation.subject, "predicate": inverse}
    return relation.model_copy(update=turned)
