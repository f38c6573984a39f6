"""Intervals, tests, ranks and planning over prompts, clustered by group. Imports nothing else of the harness."""

from rlrig_eval.stats.bootstrap import Interval, cluster_mean_ci, prompt_means
from rlrig_eval.stats.holm import holm
from rlrig_eval.stats.mcnemar import McNemar, mcnemar
from rlrig_eval.stats.paired import Difference, Gate, differences_within, gate, paired_difference, paired_differences
from rlrig_eval.stats.power import Spread, detectable, gate_test, groups_needed, pilot_spread, power
from rlrig_eval.stats.proportion import clopper_pearson, wilson
from rlrig_eval.stats.rank_intervals import Place, places

__all__ = [
    "Difference",
    "Gate",
    "Interval",
    "McNemar",
    "Place",
    "Spread",
    "clopper_pearson",
    "cluster_mean_ci",
    "detectable",
    "differences_within",
    "gate",
    "gate_test",
    "groups_needed",
    "holm",
    "mcnemar",
    "paired_difference",
    "paired_differences",
    "pilot_spread",
    "places",
    "power",
    "prompt_means",
    "wilson",
]
