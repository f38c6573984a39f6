"""Many simulated data sets at once, and how the house's functions fare on them."""

from __future__ import annotations

import numpy as np

from rlrig_eval.stats.bootstrap import Floats, mean_quantiles
from rlrig_eval.stats.paired import gate_bounds, guarded

DRAWS = 1000


def changed_sides(rng: np.random.Generator, trials: int, groups: int, discordance: float, effect: float) -> Floats:
    """Differences of right-or-wrong scores, one prompt a group; shape (trials, groups)."""
    drawn = rng.random((trials, groups))
    better = (discordance + effect) / 2
    return np.where(drawn < better, 1.0, np.where(drawn < discordance, -1.0, 0.0))


def quantiles(sums: Floats, probabilities: tuple[float, ...], sizes: Floats | None = None) -> Floats:
    """What `paired_difference` reads its bounds from; shape (trials, probabilities)."""
    sizes = np.ones_like(sums) if sizes is None else sizes
    return mean_quantiles(*guarded(sums, sizes), probabilities, DRAWS, 0)


def gates(sums: Floats, sizes: Floats | None = None) -> Floats:
    """The bounds of `gate`; shape (trials, 2)."""
    sizes = np.ones_like(sums) if sizes is None else sizes
    return gate_bounds(*guarded(sums, sizes), 0.95, DRAWS, 0)


def covered(bounds: Floats, truth: float) -> float:
    """Share of trials whose interval, the first two columns, holds the truth."""
    return float(np.mean((bounds[:, 0] <= truth + 1e-12) & (truth <= bounds[:, 1] + 1e-12)))
