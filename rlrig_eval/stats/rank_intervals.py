"""How sure a leaderboard's order is: each model's share of bootstrap draws in first place, and its rank interval.

All models are resampled on the same groups at once, so that what they share (hard prompts) cancels, as in a
paired comparison. Rank 1 is best.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from rlrig_eval.stats.bootstrap import group_draws, group_sums, tails
from rlrig_eval.stats.paired import Scores


@dataclass(frozen=True, slots=True)
class Place:
    """`first`: share of draws in which the model leads (a tie for it is shared out); `lo` to `hi`: its ranks.

    `n` counts the prompts that all models scored, on which the ranks rest.
    """

    first: float
    lo: int
    hi: int
    n: int

    def __str__(self) -> str:
        """
        >>> str(Place(0.5, 1, 3, 40)), str(Place(0.0, 4, 4, 40))
        ('1–3', '4')
        """
        return f"{self.lo}–{self.hi}" if self.lo != self.hi else str(self.lo)


def places(
    scores: Mapping[str, Scores],
    groups: Mapping[str, Hashable],
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> dict[str, Place] | None:
    """The place of each model over the prompts that all of them scored; None with fewer than two such groups.

    The model with the fewest prompts decides on how many all are ranked: compare those that were asked the same.

    Args:
        scores: model -> prompt id -> score, higher is better; absent, None and NaN are missing.
        groups: the group of every prompt that all share.
        level: of the interval of ranks; in a tie a model has its best and its worst rank at once.

    >>> easy = {f"p{i}": 1.0 for i in range(30)}
    >>> places({"a": easy, "b": dict.fromkeys(easy, 0.0)}, {p: p for p in easy})
    {'a': Place(first=1.0, lo=1, hi=1, n=30), 'b': Place(first=0.0, lo=2, hi=2, n=30)}
    """
    from scipy.stats import rankdata  # half a second to import, which few commands need

    shared = sorted(set.intersection(*(_known(one) for one in scores.values()))) if scores else []
    if len({groups[prompt] for prompt in shared}) < 2:
        return None
    of = [groups[prompt] for prompt in shared]
    pairs = [group_sums([one[prompt] for prompt in shared], of) for one in scores.values()]
    sums, sizes = np.stack([pair[0] for pair in pairs]), pairs[0][1]
    drawn = group_draws(len(sizes), draws, seed)
    # Rounded, so that two models with the same scores tie in every draw.
    replicates = np.round(sums @ drawn / (sizes @ drawn), 12)
    best, worst = (rankdata(-replicates, method=how, axis=0) for how in ("min", "max"))
    leads = best == 1
    first = np.mean(leads / leads.sum(axis=0), axis=1)
    low, high = tails(level)
    lo = np.quantile(best, low, axis=1, method="lower")
    hi = np.quantile(worst, high, axis=1, method="higher")
    n = len(shared)
    return {name: Place(float(f), int(a), int(b), n) for name, f, a, b in zip(scores, first, lo, hi, strict=True)}


def _known(scores: Scores) -> set[str]:
    return {prompt for prompt, score in scores.items() if score is not None and score == score}
