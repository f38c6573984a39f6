"""Bradley-Terry: strengths from pairwise preferences, with intervals that resample whole groups of comparisons."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.stats.bootstrap import tails

_ROUNDS, _CLOSE = 10_000, 1e-9
_PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class Strength:
    """One contestant: log strength (mean 0 over all), its interval, and how many comparisons it was in.

    The chance that a beats b is 1 / (1 + exp(b.value - a.value)).
    """

    name: str
    value: float
    lo: float | None
    hi: float | None
    n: int


def bradley_terry(
    outcomes: Sequence[tuple[str, str, float]],
    groups: Sequence[Hashable],
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> list[Strength]:
    """Strengths of all contestants, the strongest first.

    Args:
        outcomes: (a, b, share of the win that a gets: 1 a won, 0 b won, 0.5 a tie).
        groups: shape (outcomes,); the group of each, such as the prompt it was drawn for.

    Fitted by the MM algorithm of Hunter (Annals of Statistics 32, 2004). Every pair that met is given half a win
    each on top, without which a contestant that never lost would be infinitely strong.

    Raises:
        ValueError: lengths differ, a share outside [0, 1], or a contestant against itself.

    >>> won = [("a", "b", 1.0)] * 3 + [("a", "b", 0.0), ("b", "c", 1.0), ("b", "c", 0.5)]
    >>> [one.name for one in bradley_terry(won, range(6))]
    ['a', 'b', 'c']
    """
    if len(outcomes) != len(groups):
        raise ValueError(f"{len(outcomes)} outcomes and {len(groups)} groups")
    names = sorted({name for a, b, _ in outcomes for name in (a, b)})
    place = {name: number for number, name in enumerate(names)}
    codes = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    wins = np.zeros((len(codes), len(names), len(names)))
    for (a, b, share), group in zip(outcomes, groups, strict=True):
        if a == b or not 0.0 <= share <= 1.0:
            raise ValueError(f"{a!r} against {b!r}: {share} is no outcome")
        wins[codes[group], place[a], place[b]] += share
        wins[codes[group], place[b], place[a]] += 1.0 - share
    if not names:
        return []
    whole = wins.sum(axis=0)
    met = (whole + whole.T) > 0.0
    values = _fit(whole + _PRIOR * met)
    lows, highs = _interval(wins, met, level, draws, seed)
    counts = (whole + whole.T).sum(axis=1)
    found = [
        Strength(name, float(values[i]), lows[i], highs[i], round(float(counts[i]))) for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: (-one.value, one.name))


def _fit(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """(contestants,) log strengths of mean 0 from (contestants, contestants) wins of row over column."""
    games, won = wins + wins.T, wins.sum(axis=1)
    strength = np.ones(len(wins))
    for _ in range(_ROUNDS):
        pulled = won / (games / (strength[:, None] + strength[None, :])).sum(axis=1)
        pulled /= np.exp(np.log(pulled).mean())
        done = float(np.abs(np.log(pulled / strength)).max()) < _CLOSE
        strength = pulled
        if done:
            break
    return np.asarray(np.log(strength), dtype=np.float64)


def _interval(
    wins: NDArray[np.float64], met: NDArray[np.bool_], level: float, draws: int, seed: int
) -> tuple[list[float | None], list[float | None]]:
    count, contestants = wins.shape[:2]
    if count < 2:
        return [None] * contestants, [None] * contestants
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=draws)
    fits = [_fit(np.tensordot(row.astype(np.float64), wins, axes=1) + _PRIOR * met) for row in weights]
    lo, hi = np.quantile(fits, tails(level), axis=0)
    return [float(x) for x in lo], [float(x) for x in hi]
