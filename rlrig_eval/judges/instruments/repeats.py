"""A/A: a judge asked the same things again. How often it changes its mind, and what a gate must forgive for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

from rlrig_eval.judges.instruments.hearing import Case, Heard, kinds
from rlrig_eval.stats import paired_difference, prompt_means


def repeats(heard: Sequence[Heard], cases: Sequence[Case]) -> dict[str, Any]:
    """The noise of a judge over `heard`, two or more repeats on the same cases.

    `flip_rate` is the chance that two repeats answer a question differently; `tolerance` the farthest end of the
    95 % intervals of the differences between repeats in the mean score, 0 where no score moved and None where there
    is none: a gate whose delta is smaller reacts to the judge's noise alone.
    """
    of = kinds(cases)
    flips: dict[str, list[float]] = {}
    for item, what in of.items():
        answers = [one.said[item] for one in heard if item in one.said]
        if len(answers) >= 2:
            differ = [first != second for first, second in combinations(answers, 2)]
            flips.setdefault(what, []).append(fmean(differ))
    every = [share for shares in flips.values() for share in shares]
    groups = {case.prompt_id: case.group for case in cases}
    means = [_prompt_scores(one.scores, cases) for one in heard]
    gaps = [paired_difference(first, second, groups) for first, second in combinations(means, 2)]
    still = bool(means[0]) and all(first == second for first, second in combinations(means, 2))
    ends = [0.0] if still else [abs(end) for gap in gaps for end in (gap.lo, gap.hi) if end is not None]
    return {
        "repeats": len(heard),
        "questions": len(every),
        "flip_rate": fmean(every) if every else None,
        "flip_rate_by_kind": {what: fmean(shares) for what, shares in sorted(flips.items())},
        "mean_scores": [fmean(one.scores.values()) if one.scores else None for one in heard],
        "tolerance": max(ends) if ends else None,
    }


def _prompt_scores(scores: Mapping[str, float], cases: Sequence[Case]) -> dict[str, float]:
    return prompt_means((case.prompt_id, scores[case.sample]) for case in cases if case.sample in scores)
