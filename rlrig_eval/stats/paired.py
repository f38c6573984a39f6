"""Two runs on the same prompts: the paired difference, its interval, a test, and the gate's verdict.

Pairing takes out how hard a prompt is, which is most of the variance: it does the work of about 2.4 times the
prompts. Groups stay whole, as in `bootstrap`.

Two runs that are nearly the same differ on few prompts, and a bootstrap of few changes sees too little spread:
where 5 % of the prompts change, a plain 95 % interval of 40 or 100 groups covers 78 to 94 %. So two
pseudo-groups are added, after the adjusted Wald interval of Bonett and Price ("Adjusted Wald confidence
interval for a difference of binomial proportions based on paired data", JEBS 37, 2012); see `guarded`.
Summed over every outcome of 40, 100 and 400 right-or-wrong groups of which 10 to 40 % change, or 5 % of 100 and
400, intervals then cover 93.5 to 95.6 %; where 40 groups hold two changes, 98 to 99 %: wide, and never too sure.
`tests/stats/test_simulated.py` sums again, and simulates continuous differences in unequal groups (93 to 97 %).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.stats.bootstrap import Floats, coded_sums, mean_quantiles, student_quantiles, tails

Scores = Mapping[str, float | None]
Verdict = Literal["pass", "inconclusive", "fail"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of a - b over the `n` prompts that both runs scored, its interval, and a two-sided p-value.

    `lo`, `hi` and `p` are None when fewer than two groups were shared; with n = 0 the mean is None too. Where all
    scores lie in [0, 1], the ends lie in [-1, 1].
    """

    mean: float | None
    lo: float | None
    hi: float | None
    n: int
    p: float | None

    def as_dict(self) -> dict[str, Any]:
        """{"mean", "ci95": [lo, hi], "n", "p"}."""
        return {"mean": self.mean, "ci95": [self.lo, self.hi], "n": self.n, "p": self.p}


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict on a run against its baseline, with the two one-sided bounds that it was read from."""

    verdict: Verdict
    mean: float | None
    lower: float | None
    upper: float | None
    delta: float
    n: int

    def as_dict(self) -> dict[str, Any]:
        """Every field under its own name."""
        return asdict(self)


def paired_difference(
    a: Scores,
    b: Scores,
    groups: Mapping[str, Hashable],
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Difference:
    """The mean difference a - b over shared prompts, resampled by group.

    Args:
        a, b: per-prompt scores by prompt id; a prompt that either lacks (absent, None or NaN) is left out.
        groups: the group of every shared prompt.
        level: two-sided coverage, in (0, 1); `draws` and `seed` as in `cluster_mean_ci`.

    The p-value is that of the sign-flip test: under no difference, all of a group's differences may change
    sign together. It counts the observed arrangement (Phipson and Smyth, 2010), so it is never 0.

    Raises:
        KeyError: a shared prompt has no group.

    >>> a = {"p1": 1.0, "p2": 1.0, "p3": 0.0, "p4": 1.0, "p9": 1.0}
    >>> b = {"p1": 0.0, "p2": 1.0, "p3": 0.0, "p4": 0.0}
    >>> found = paired_difference(a, b, {"p1": "g1", "p2": "g1", "p3": "g2", "p4": "g3"})
    >>> found.mean, found.n
    (0.5, 4)
    """
    return paired_differences({"": a}, {"": b}, groups, level, draws, seed)[""]


def paired_differences(
    a: Mapping[str, Scores],
    b: Mapping[str, Scores],
    groups: Mapping[str, Hashable],
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> dict[str, Difference]:
    """`paired_difference` for every metric (the key of `a` and `b`) that both have; the same numbers, faster."""
    return differences_within(a, b, groups, {"": None}, level, draws, seed)[""]


def differences_within(
    a: Mapping[str, Scores],
    b: Mapping[str, Scores],
    groups: Mapping[str, Hashable],
    parts: Mapping[str, Collection[str] | None],
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> dict[str, dict[str, Difference]]:
    """Part -> metric -> `paired_difference` over the prompts of that part (None: over all of them).

    Scores are paired up once, and metrics that were scored on the same prompts are resampled together.
    """
    paired = _paired({metric: (scores, b[metric]) for metric, scores in a.items() if metric in b}, groups)
    return {
        part: _differences(paired.sums(prompts), paired.walls, tails(level), draws, seed) if paired.metrics else {}
        for part, prompts in parts.items()
    }


def _differences(
    pairs: Mapping[str, tuple[Floats, Floats]],
    walls: Mapping[str, float],
    ends: tuple[float, float],
    draws: int,
    seed: int,
) -> dict[str, Difference]:
    alike: dict[bytes, list[str]] = {}
    for metric, (_, sizes) in pairs.items():
        alike.setdefault(sizes.tobytes(), []).append(metric)
    found: dict[str, Difference] = {}
    for metrics in alike.values():
        sums, sizes = np.stack([pairs[metric][0] for metric in metrics]), pairs[metrics[0]][1]
        n = int(sizes.sum())
        if len(sizes) < 2:
            bare = (float(one.sum() / n) if n else None for one in sums)
            found |= {metric: Difference(mean, None, None, n, None) for metric, mean in zip(metrics, bare, strict=True)}
            continue
        bounds = mean_quantiles(*guarded(sums, np.broadcast_to(sizes, sums.shape)), ends, draws, seed)
        for metric, one, own in zip(metrics, sums, bounds, strict=True):
            lo, hi = np.clip(own, -walls[metric], walls[metric])
            found[metric] = Difference(float(one.sum() / n), float(lo), float(hi), n, sign_flip_p(one, draws, seed))
    return {metric: found[metric] for metric in pairs}


def gate(
    run: Scores,
    baseline: Scores,
    groups: Mapping[str, Hashable],
    delta: float,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Gate:
    """Is `run` worse than `baseline` by more than `delta`?

    Fail when the one-sided interval (-inf, upper] of run - baseline lies below -delta; pass when the other
    one, [lower, inf), lies at or above it, or when no shared prompt changed its score; in between the data
    cannot tell. Scores and groups as in
    `paired_difference`; `level` is one-sided; `delta` is in score units, at least 0.

    >>> base = {f"p{i}": 1.0 for i in range(30)}
    >>> gate({**base, "p0": 0.0}, base, {p: p for p in base}, delta=0.2).verdict
    'pass'
    >>> gate(dict.fromkeys(base, 0.5), base, {p: p for p in base}, delta=0.2).verdict
    'fail'

    Raises:
        ValueError: `delta` is negative.
    """
    if delta < 0.0:
        raise ValueError(f"delta must be at least 0, got {delta}")
    paired = _paired({"": (run, baseline)}, groups)
    (sums, sizes), wall = paired.sums(None)[""], paired.walls[""]
    n = int(sizes.sum())
    mean = float(sums.sum() / n) if n else None
    unmoved = n > 0 and all(_same(run[prompt], baseline[prompt]) for prompt in run.keys() & baseline.keys())
    if len(sums) < 2:  # one group tells nothing of the spread, but nothing moved is nothing lost
        return Gate("pass" if unmoved else "inconclusive", mean, None, None, delta, n)
    lower, upper = map(float, np.clip(gate_bounds(*guarded(sums, sizes), level, draws, seed), -wall, wall))
    held = unmoved or lower >= -delta
    verdict: Verdict = "fail" if upper < -delta else "pass" if held else "inconclusive"
    return Gate(verdict, mean, lower, upper, delta, n)


def gate_bounds(sums: Floats, sizes: Floats, level: float, draws: int, seed: int) -> Floats:
    """The two one-sided bounds, shape (..., 2): the outer of the bootstrap's and Student's t.

    A block on a merge must be rarer than 5 in 100 also where few prompts change, and there the bootstrap's bound
    alone is crossed by up to 6.1 % of the runs that fell by just what is forgiven, the outer bound by at most 4.7 %
    (summed over every outcome of 40, 100 and 400 right-or-wrong groups, 5 to 30 % changed, delta 0 to .1).
    """
    ends = (1.0 - level, level)
    bootstrap, student = mean_quantiles(sums, sizes, ends, draws, seed), student_quantiles(sums, sizes, ends)
    return np.stack(
        [np.minimum(bootstrap[..., 0], student[..., 0]), np.maximum(bootstrap[..., 1], student[..., 1])], axis=-1
    )


def guarded(sums: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """`sums` and `sizes` (shape (..., groups), of differences in [-1, 1]) with two pseudo-groups added.

    Let u be the share of groups that changed, s their root mean square (one prompt's worth when none did), v
    the variance over all groups. The two lie at u * mean +- sqrt((1 - u) s^2 + u v): where changes are rare,
    one group better and one worse, as in Bonett and Price; where every group changes, two typical groups. Where
    every group changes by the same there is no spread, and one that did not change and one that changed by twice as
    much stand in for it: a few groups that agree are no certainty.

    >>> sums, sizes = guarded(np.array([0.0, 0.0, 1.0, 0.0]), np.ones(4))
    >>> sums.round(3).tolist()
    [0.0, 0.0, 1.0, 0.0, -0.83, 0.955]
    """
    size = sizes.mean(axis=-1, keepdims=True)
    mean = sums.sum(axis=-1, keepdims=True) / sizes.sum(axis=-1, keepdims=True)
    changed = np.abs(sums) > 1e-12
    count = changed.sum(axis=-1, keepdims=True)
    share = changed.mean(axis=-1, keepdims=True)
    square = np.where(count > 0, (sums**2).sum(axis=-1, keepdims=True) / np.maximum(count, 1), size**2)
    variance = ((sums - mean * sizes) ** 2).mean(axis=-1, keepdims=True)
    alike = (share == 1.0) & (variance <= 1e-12 * square)
    centre, reach = share * mean * size, np.sqrt(np.where(alike, square, (1.0 - share) * square + share * variance))
    # The first changed group decides which of the two comes first, so that swapping the runs mirrors everything.
    reach = reach * np.where(np.take_along_axis(sums, changed.argmax(axis=-1)[..., None], axis=-1) < 0.0, -1.0, 1.0)
    return (
        np.concatenate([sums, centre - reach, centre + reach], axis=-1),
        np.concatenate([sizes, size, size], axis=-1),
    )


def sign_flip_p(sums: Floats, draws: int, seed: int) -> float:
    """Two-sided p-value of the paired permutation test on group sums, shape (groups,)."""
    moved = sums[np.abs(sums) > 1e-12]  # the sign of a zero does not matter
    if len(moved) == 0:
        return 1.0
    bits = np.random.default_rng(seed).integers(256, size=(draws, -(-len(moved) // 8)), dtype=np.uint8)
    flipped = np.unpackbits(bits, axis=1, count=len(moved)) @ moved
    extreme = np.abs(moved.sum() - 2.0 * flipped) >= abs(moved.sum()) - 1e-12
    return float((1 + np.count_nonzero(extreme)) / (1 + draws))


def paired_sums(a: Scores, b: Scores, groups: Mapping[str, Hashable]) -> tuple[Floats, Floats]:
    """Sum and count of the differences a - b in every group that has one; both of shape (groups,)."""
    return _paired({"": (a, b)}, groups).sums(None)[""]


@dataclass(frozen=True)
class _Paired:
    """Differences of every metric, NaN where one is missing: shape (metrics, prompts), with each prompt's group.

    `walls`: metric -> the largest difference there can be: 1 where all scores lie in [0, 1], else infinite.
    """

    metrics: tuple[str, ...]
    prompts: dict[str, int]
    values: Floats
    codes: NDArray[np.intp]
    walls: dict[str, float]

    def sums(self, among: Collection[str] | None) -> dict[str, tuple[Floats, Floats]]:
        """Sum and count of every group that has a difference, over the prompts in `among`."""
        known = range(len(self.codes)) if among is None else sorted(self.prompts[p] for p in among if p in self.prompts)
        columns = np.fromiter(known, dtype=np.intp)
        codes = np.unique(self.codes[columns], return_inverse=True)[1]
        return {
            metric: coded_sums(values[columns], codes) for metric, values in zip(self.metrics, self.values, strict=True)
        }


def _paired(pairs: Mapping[str, tuple[Scores, Scores]], groups: Mapping[str, Hashable]) -> _Paired:
    # In the order of the sorted ids, so that the order of a file never moves the resampled interval.
    shared: set[str] = set().union(*(a.keys() & b.keys() for a, b in pairs.values()))
    prompts = sorted(shared)
    index: dict[Hashable, int] = {}
    codes = np.array([index.setdefault(groups[prompt], len(index)) for prompt in prompts], dtype=np.intp)

    def read(scores: Scores) -> Floats:
        return np.array([scores.get(prompt) for prompt in prompts], dtype=np.float64)

    both = {metric: np.stack([read(a), read(b)]) for metric, (a, b) in pairs.items()}
    values = np.array([one - other for one, other in both.values()]).reshape(len(pairs), len(prompts))
    # NaN, a missing score, is outside of nothing.
    walls = {metric: np.inf if ((known < 0.0) | (known > 1.0)).any() else 1.0 for metric, known in both.items()}
    return _Paired(tuple(pairs), {prompt: place for place, prompt in enumerate(prompts)}, values, codes, walls)


def _same(a: float | None, b: float | None) -> bool:
    """Equal scores; a missing one is no evidence of a change."""
    return a is None or b is None or a == b or a != a or b != b
