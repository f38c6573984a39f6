"""Graphs or boxes in, numbers out. Pure: imports `scene`, numpy and scipy alone."""

from rlrig_eval.metrics.correctness import all_correct, pair_accuracy, requirements_share
from rlrig_eval.metrics.iou import IoU, scene_graph_iou
from rlrig_eval.metrics.matching import Matching, by_category, by_category_and_attributes, match_instances

__all__ = [
    "IoU",
    "Matching",
    "all_correct",
    "by_category",
    "by_category_and_attributes",
    "match_instances",
    "pair_accuracy",
    "requirements_share",
    "scene_graph_iou",
]
