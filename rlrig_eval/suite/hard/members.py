"""A prompt graph beside its twin, and the ways to turn a graph into one that no picture shares with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from rlrig_eval.scene import VOCABULARY, Relation, SceneGraph, opposite
from rlrig_eval.scene.relations import Axis
from rlrig_eval.suite.structures import Pairing

Accepts = Callable[[SceneGraph], bool]


@dataclass(frozen=True)
class Draw:
    """What a group is drawn from: (colour, shape) pairings, and its number, which turns through kinds.

    `accepts` says whether a graph is in the group's bucket; only what is composed step by step needs to ask.
    """

    rng: Generator
    pairings: Sequence[Pairing]
    number: int
    accepts: Accepts


@dataclass(frozen=True)
class Member:
    """One question of a group and its twin. `role` tells the members of a group apart; the first has none."""

    graph: SceneGraph
    twin: SceneGraph
    role: str = ""
    tags: tuple[str, ...] = ()


def mirrored(graph: SceneGraph, axis: Axis) -> SceneGraph:
    """The graph with every relation of an axis turned round, the negated ones too: what a mirrored picture shows.

    It contradicts `graph` where that states something of the axis that is not negated. On the axis of distance near
    and far from trade places.

    >>> graph = SceneGraph.from_triples([("circle", "left of", "square"), ("circle", "above", "square")])
    >>> [relation.predicate for relation in mirrored(graph, "horizontal").relations]
    ['right of', 'above']
    """

    def turned(relation: Relation) -> Relation:
        if VOCABULARY[relation.predicate].axis != axis:
            return relation
        return relation.model_copy(update={"predicate": opposite(relation.predicate)})

    return graph.model_copy(update={"relations": tuple(map(turned, graph.relations))})


def exchanged(graph: SceneGraph, one: str, other: str) -> SceneGraph:
    """The graph with two entities in each other's place in every relation.

    >>> graph = SceneGraph.from_triples([("circle", "left of", "square")])
    >>> [(r.subject, r.object) for r in exchanged(graph, "e0", "e1").relations]
    [('e1', 'e0')]
    """
    return renamed(graph, {one: other, other: one})


def renamed(graph: SceneGraph, places: Mapping[str, str]) -> SceneGraph:
    """The graph with the relations of some entities handed to others, by id."""

    def moved(relation: Relation) -> Relation:
        subject, *objects = (places.get(name, name) for name in (relation.subject, *relation.objects))
        object_ = (objects[0], objects[1]) if len(objects) == 2 else objects[0]
        return relation.model_copy(update={"subject": subject, "object": object_})

    return graph.model_copy(update={"relations": tuple(map(moved, graph.relations))})


def affirmed(graph: SceneGraph, number: int) -> SceneGraph:
    """The graph with the negated relation of that number stated.

    >>> denied = Relation(subject="e0", predicate="near", object="e1", negated=True)
    >>> graph = SceneGraph.from_triples([("circle", "left of", "square")]).model_copy(update={"relations": (denied,)})
    >>> affirmed(graph, 0).relations[0].negated
    False
    """
    stated = graph.relations[number].model_copy(update={"negated": False})
    return graph.model_copy(update={"relations": (*graph.relations[:number], stated, *graph.relations[number + 1 :])})


def recounted(graph: SceneGraph, one: str, other: str) -> SceneGraph:
    """The graph with the counts of two groups exchanged."""
    counts = {one: graph.entity(other).count, other: graph.entity(one).count}
    entities = (entity.model_copy(update={"count": counts.get(entity.id, entity.count)}) for entity in graph.entities)
    return graph.model_copy(update={"entities": tuple(entities)})
