"""A scene graph's spatial triples and its other ones, each scored apart: most of LAION-SG's are not spatial."""

from __future__ import annotations

from rlrig_eval.metrics import scene_graph_iou
from rlrig_eval.runs.scorers import Scores
from rlrig_eval.scene import SceneGraph, focus
from rlrig_eval.suite import Prompt, Suite

KINDS = {"spatial": True, "other": False}


def triples(read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
    """SG-IoU as LAION-SG computes it over the ``spatial`` triples and over the ``other`` ones, each also ``_strict``.

    None of a kind that the prompt does not state. As for the whole graph, of what was read only that counts on which
    the prompt has a say (`focus`).
    """
    values: dict[str, float | None] = {}
    for kind, spatial in KINDS.items():
        gold = _of_kind(prompt.graph, spatial)
        seen = _of_kind(focus(read, gold), spatial)
        stated = bool(gold.relations)
        values[kind] = scene_graph_iou(seen, gold, mode="laion").sg if stated else None
        values[f"{kind}_strict"] = scene_graph_iou(seen, gold).sg if stated else None
    return Scores(values)


def _of_kind(graph: SceneGraph, spatial: bool) -> SceneGraph:
    kept = tuple(relation for relation in graph.relations if relation.spatial == spatial)
    return graph.model_copy(update={"relations": kept})
