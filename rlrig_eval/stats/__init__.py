"""Intervals and paired comparisons over prompts, clustered by group. Imports nothing else of the harness."""

from rlrig_eval.stats.bootstrap import Interval, cluster_mean_ci, prompt_means
from rlrig_eval.stats.paired import Difference, Gate, gate, paired_difference

__all__ = [
    "Difference",
    "Gate",
    "Interval",
    "cluster_mean_ci",
    "gate",
    "paired_difference",
    "prompt_means",
]
