"""Graphs beside a graph: twins share no picture with it, restatements share every one."""

from collections.abc import Callable
from functools import partial

from rlrig_eval.scene import VOCABULARY, Relation, SceneGraph, opposite
from rlrig_eval.scene.relations import Axis


def twins(graph: SceneGraph) -> list[SceneGraph]:
    """The graph with one thing turned round: the relations of an axis, a negation, or the roles in a between.

    Only one, so that a twin stays satisfiable. No picture satisfies a graph and its twin; hence "not left of"
    is contrasted with "left of", since things can be neither left nor right of each other.
    """
    if any(relation.negated for relation in graph.relations):
        return [_map(graph, lambda relation: relation.model_copy(update={"negated": False}))]
    axes = dict.fromkeys(VOCABULARY[relation.predicate].axis for relation in graph.relations)
    return [_map(graph, partial(_turned, axis)) for axis in axes]


def restated(graph: SceneGraph) -> SceneGraph:
    """The same facts told from the other side: "a left of b" as "b right of a", ends of a between exchanged.

    >>> graph = SceneGraph.from_triples([("circle", "left of", "square")])
    >>> [(r.subject, r.predicate, r.object) for r in restated(graph).relations]
    [('e1', 'right of', 'e0')]
    """
    return _map(graph, _other_side)


def _map(graph: SceneGraph, change: Callable[[Relation], Relation]) -> SceneGraph:
    return graph.model_copy(update={"relations": tuple(change(relation) for relation in graph.relations)})


def _turned(axis: Axis, relation: Relation) -> Relation:
    if VOCABULARY[relation.predicate].axis != axis:
        return relation
    if isinstance(relation.object, tuple):
        first, second = relation.object
        return relation.model_copy(update={"subject": first, "object": (relation.subject, second)})
    return relation.model_copy(update={"predicate": opposite(relation.predicate)})


def _other_side(relation: Relation) -> Relation:
    if isinstance(relation.object, tuple):
        return relation.model_copy(update={"object": relation.object[::-1]})
    inverse = VOCABULARY[relation.predicate].inverse
    if inverse is None:
        return relation
    swapped = {"subject": relation.object, "predicate": inverse, "object": relation.subject}
    return relation.model_copy(update=swapped)
