"""How far raters agree beyond chance: Cohen's kappa for two, Fleiss' kappa for many, with intervals by group."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.stats.bootstrap import tails


@dataclass(frozen=True, slots=True)
class Agreement:
    """Share of items on which two raters agree, Cohen's kappa, and a percentile interval of kappa.

    `kappa` is None where chance alone would agree always (both raters say one thing); `lo` and `hi` are None
    with fewer than two groups.
    """

    share: float | None
    kappa: float | None
    lo: float | None
    hi: float | None
    n: int

    def as_dict(self) -> dict[str, Any]:
        """Every field under its own name."""
        return asdict(self)


def fleiss_kappa(counts: NDArray[np.int64] | Sequence[Sequence[int]]) -> float | None:
    """Fleiss' kappa (1971) of m raters.

    Args:
        counts: shape (items, categories): how many raters gave each item each category; every row sums to the
            same m >= 2.

    None without items, or when all ratings are of one category.

    >>> round(fleiss_kappa([[0, 3], [1, 2], [3, 0], [3, 0]]), 3)
    0.657

    Raises:
        ValueError: rows of different sums, or fewer than two raters.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.size == 0:
        return None
    raters = table.sum(axis=1)
    if raters.min() != raters.max() or raters[0] < 2:
        raise ValueError("every item needs the same number of ratings, at least two")
    m = raters[0]
    observed = float(((table**2).sum(axis=1) - m).mean() / (m * (m - 1.0)))
    expected = float(((table.sum(axis=0) / table.sum()) ** 2).sum())
    return None if expected >= 1.0 - 1e-12 else (observed - expected) / (1.0 - expected)


def agreement(
    a: Sequence[Hashable],
    b: Sequence[Hashable],
    groups: Sequence[Hashable],
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Agreement:
    """How two raters agree on the same items, with an interval that resamples whole groups of items.

    Args:
        a, b, groups: shape (items,); the ratings, and the group of each item (a prompt with its relatives).

    Raises:
        ValueError: lengths differ.

    >>> found = agreement([1, 1, 0, 0], [1, 1, 0, 1], ["p", "q", "r", "s"])
    >>> found.share, found.kappa
    (0.75, 0.5)
    """
    if not len(a) == len(b) == len(groups):
        raise ValueError(f"{len(a)}, {len(b)} ratings and {len(groups)} groups")
    if not a:
        return Agreement(None, None, None, None, 0)
    labels = {label: number for number, label in enumerate(dict.fromkeys([*a, *b]))}
    names = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    tables = np.zeros((len(names), len(labels), len(labels)))
    for one, other, group in zip(a, b, groups, strict=True):
        tables[names[group], labels[one], labels[other]] += 1.0
    whole = tables.sum(axis=0)
    lo, hi = _interval(tables, _kappa, level, draws, seed)
    return Agreement(float(np.trace(whole) / whole.sum()), _kappa(whole), lo, hi, len(a))


def _kappa(table: NDArray[np.float64]) -> float | None:
    """Cohen's kappa (1960): (p_o - p_e) / (1 - p_e), with p_e from each rater's own shares."""
    total = table.sum()
    if total == 0.0:
        return None
    observed = float(np.trace(table) / total)
    expected = float(table.sum(axis=0) @ table.sum(axis=1) / total**2)
    return None if expected >= 1.0 - 1e-12 else (observed - expected) / (1.0 - expected)


def _interval(
    tables: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], float | None],
    level: float,
    draws: int,
    seed: int,
) -> tuple[float | None, float | None]:
    count = len(tables)
    if count < 2:
        return None, None
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=draws)
    resampled = np.tensordot(weights.astype(np.float64), tables, axes=1)
    found = [value for table in resampled if (value := statistic(table)) is not None]
    if not found:
        return None, None
    lo, hi = np.quantile(found, tails(level))
    return float(lo), float(hi)
