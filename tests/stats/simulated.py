"""Many data sets at once, drawn or all that there are, and how the house's functions fare on them."""

from __future__ import annotations

import numpy as np
from scipy.stats import multinomial

from rlrig_eval.stats.bootstrap import Floats, mean_quantiles
from rlrig_eval.stats.paired import gate_bounds, guarded

DRAWS = 1000


def changed_sides(rng: np.random.Generator, trials: int, groups: int, discordance: float, effect: float) -> Floats:
    """Differences of right-or-wrong scores, one prompt a group; shape (trials, groups)."""
    drawn = rng.random((trials, groups))
    better = (discordance + effect) / 2
    return np.where(drawn < better, 1.0, np.where(drawn < discordance, -1.0, 0.0))


def outcomes(groups: int, discordance: float, effect: float) -> tuple[Floats, Floats]:
    """Every data set that `changed_sides` may draw, up to the groups' order, and its chance.

    Shapes (outcomes, groups) and (outcomes,). In which groups the changes lie moves a resampled bound a little, so
    each comes in several orders where there are few groups, and with them few outcomes. Those rarer than one in a
    million are left out: less than .001 of the chance in all.
    """
    better, worse = (axis.ravel() for axis in np.indices((groups + 1, groups + 1)))
    possible = better + worse <= groups
    better, worse = better[possible], worse[possible]
    shares = [(discordance + effect) / 2, (discordance - effect) / 2, 1.0 - discordance]
    chances = multinomial.pmf(np.stack([better, worse, groups - better - worse], axis=1), groups, shares)
    kept = chances > 1e-6
    assert chances[kept].sum() > 0.999
    orders = max(1, 400 // groups)
    better, worse, chances = (np.repeat(each[kept], orders) for each in (better, worse, chances))
    better, worse, place = better[:, None], worse[:, None], np.arange(groups)
    sums = np.where(place < better, 1.0, np.where(place < better + worse, -1.0, 0.0))
    return np.random.default_rng(groups).permuted(sums, axis=1), chances / chances.sum()


def quantiles(sums: Floats, probabilities: tuple[float, ...], sizes: Floats | None = None) -> Floats:
    """What `paired_difference` reads its bounds from; shape (trials, probabilities)."""
    sizes = np.ones_like(sums) if sizes is None else sizes
    return mean_quantiles(*guarded(sums, sizes), probabilities, DRAWS, 0)


def gates(sums: Floats, sizes: Floats | None = None) -> Floats:
    """The bounds of `gate`; shape (trials, 2)."""
    sizes = np.ones_like(sums) if sizes is None else sizes
    return gate_bounds(*guarded(sums, sizes), 0.95, DRAWS, 0)


def covered(bounds: Floats, truth: float, chances: Floats | None = None) -> float:
    """Share of trials (of the chance, where trials differ in it) whose interval, two columns, holds the truth."""
    held = (bounds[:, 0] <= truth + 1e-12) & (truth <= bounds[:, 1] + 1e-12)
    return float(np.average(held, weights=chances))
