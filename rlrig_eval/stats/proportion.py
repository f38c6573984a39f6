"""Intervals for a share of independent yes-or-no trials, by the names of their authors.

Prompts that come in groups are not independent: use `cluster_mean_ci` for them. These are for counts of
independent things, such as replies that could be parsed or trials of a simulation.
"""

from __future__ import annotations

from typing import Literal

from rlrig_eval.stats.bootstrap import Interval


def wilson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """The score interval (Wilson, JASA 22, 1927): close to its level on average, short, inside [0, 1].

    Raises:
        ValueError: not 0 <= successes <= trials, or `level` is outside (0, 1).

    >>> found = wilson(8, 10)
    >>> round(found.lo, 4), round(found.hi, 4)
    (0.4902, 0.9433)
    """
    return _interval(successes, trials, level, "wilson")


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """The exact interval (Clopper and Pearson, Biometrika 26, 1934): never covers less than its level.

    Raises:
        ValueError: as `wilson`.

    >>> found = clopper_pearson(8, 10)
    >>> round(found.lo, 4), round(found.hi, 4)
    (0.4439, 0.9748)
    """
    return _interval(successes, trials, level, "exact")


def _interval(successes: int, trials: int, level: float, method: Literal["wilson", "exact"]) -> Interval:
    from scipy.stats import binomtest  # half a second to import, which few commands need

    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    if trials == 0:
        return Interval(None, None, None, 0)
    ends = binomtest(successes, trials).proportion_ci(level, method=method)
    return Interval(successes / trials, float(ends.low), float(ends.high), trials)
