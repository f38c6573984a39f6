"""VISOR's terms of one picture: were both objects found, and does the relation hold."""

from __future__ import annotations

from rlrig_eval.metrics import Variant, visor_sra
from rlrig_eval.metrics.boxes import centre
from rlrig_eval.runs.published.seen import as_seen, bare, boxes_of
from rlrig_eval.runs.scorers import Scores
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import Prompt, Suite

_WORDS = {"left of": "to the left of", "right of": "to the right of", "above": "above", "below": "below"}


def visor(read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
    """``oa``, ``uncond`` and ``uncond_corrected`` of a prompt for two things in one of four relations.

    None on the others: on those without a relation as published, and VISOR has none of more things or other words.
    """
    if not covers(prompt.graph):
        return Scores(dict.fromkeys(("oa", "uncond", "uncond_corrected")))
    (relation,) = prompt.graph.relations
    ends = (relation.subject, relation.objects[0])
    one, other = ([centre(box) for box in boxes_of(read, prompt.graph.entity(name).category)] for name in ends)
    variants: dict[str, Variant] = {"uncond": "published", "uncond_corrected": "corrected"}
    word = _WORDS[relation.predicate]
    held = {name: bool(one and other) and visor_sra(word, one, other, variant) for name, variant in variants.items()}
    return Scores({"oa": float(bool(one and other))} | {name: float(holds) for name, holds in held.items()})


def covers(asked: SceneGraph) -> bool:
    """Whether a prompt of VISOR can ask for this."""
    if len(asked.entities) != 2 or len(asked.relations) != 1 or not bare(asked):
        return False
    (relation,) = asked.relations
    return relation.predicate in _WORDS and as_seen(relation)
