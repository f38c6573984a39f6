"""The wordings in which a suite can be asked: its own sentences, or each graph as one line of triples."""

from __future__ import annotations

from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import describe, number_word
from rlrig_eval.suite.schema import Prompt

GRAPH = "graph"
"""The variant of a protocol under which every contestant is given `linearised` graphs."""


def asked(prompt: Prompt, variant: str) -> str:
    """The text that a contestant is given for a prompt; any variant but `GRAPH` is the suite's own wording."""
    return linearised(prompt.graph) if variant == GRAPH else prompt.text


def linearised(graph: SceneGraph) -> str:
    """A graph as LAION-SG writes it: "<attributes> <label> <relation> <attributes> <label>" a triple, joined by "; ".

    Source: mengcye/LAION-SG, `sgEncoderTraining/datasets/laion_dataset.py`; it is also the form of the prompts in the
    figures of RL-RIG. Counts, negations and things of no relation, which LAION-SG does not have, are said in the same
    style. Like there, two things alike are told apart by nothing.

    >>> things = [("red circle", "left of", "blue square"), ("blue square", "above", "black star")]
    >>> linearised(SceneGraph.from_triples(things))
    'red circle left of blue square; blue square above black star'
    """
    related = {name for relation in graph.relations for name in (relation.subject, *relation.objects)}
    alone = [_thing(entity) for entity in graph.entities if entity.id not in related]
    return "; ".join([*(_triple(graph, relation) for relation in graph.relations), *alone])


def _triple(graph: SceneGraph, relation: Relation) -> str:
    subject = _thing(graph.entity(relation.subject))
    objects = " and ".join(_thing(graph.entity(name)) for name in relation.objects)
    negation = "not " if relation.negated else ""
    if relation.frame == "object":
        return f"{subject} {negation}{relation.predicate} {objects} as seen by the {objects}"
    return f"{subject} {negation}{relation.predicate} {objects}"


def _thing(entity: Entity) -> str:
    phrase = describe(entity.category, entity.attributes, entity.count)
    return phrase if entity.count == 1 else f"{number_word(entity.count)} {phrase}"
