"""HRS-Bench's verdict on one picture of a spatial or a size prompt."""

from __future__ import annotations

from rlrig_eval.metrics import Variant, hrs_size, hrs_spatial
from rlrig_eval.runs.published.seen import boxes_of
from rlrig_eval.runs.scorers import Scores
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import Prompt, Suite

_WORDS = {
    "left of": "on the left of", "right of": "on the right of", "above": "above", "on": "above", "below": "below",
    "under": "below", "between": "between", "bigger than": "bigger", "smaller than": "smaller",
}  # fmt: skip


def hrs(read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
    """``spatial`` and ``spatial_corrected``, or ``size``; None for the other.

    Where the published script stops (four objects with two relations) ``spatial`` is None and the evidence says so.
    """
    things = [entity.category for entity in prompt.graph.entities]
    boxes = [next(boxes_of(read, category), None) for category in things]
    values: dict[str, float | None] = dict.fromkeys(("spatial", "spatial_corrected", "size"))
    words = [_WORDS[r.predicate] for r in prompt.graph.relations if r.subject == prompt.graph.entities[0].id]
    if "size" in prompt.tags:
        stated = [words[0], words[-1]] if len(things) > 2 else words[:1]
        return Scores(values | {"size": float(hrs_size(boxes, stated))})
    variants: dict[str, Variant] = {"spatial": "published", "spatial_corrected": "corrected"}
    stopped = []
    for name, variant in variants.items():
        try:
            values[name] = float(hrs_spatial(boxes, words, variant))
        except KeyError:  # its fifth object, which there is not
            stopped.append(name)
    return Scores(values, {"stopped": stopped} if stopped else {})
