"""Equal budgets: a leaderboard of only those runs that cost no more than so much a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlrig_eval.errors import UsageError
from rlrig_eval.report.folder import Contestant


@dataclass(frozen=True)
class Cut:
    """Upper bounds on the mean cost of a sample: decoded images, denoiser evaluations. None: no bound."""

    max_images: float | None = None
    max_evals: float | None = None

    @property
    def bounds(self) -> list[tuple[str, str, float]]:
        """Name in the summary's cost, name in words, bound."""
        stated = (
            ("images_per_sample", "images", self.max_images),
            ("denoiser_evals_per_sample", "denoiser evaluations", self.max_evals),
        )
        return [(name, words, bound) for name, words, bound in stated if bound is not None]


NO_CUT = Cut()


def within(contestants: Sequence[Contestant], cut: Cut) -> tuple[list[Contestant], tuple[str, ...]]:
    """The runs within every bound, and a note on those left out; a run that does not say its cost is left out.

    Raises:
        UsageError: no run is left.
    """
    kept, out = [], []
    for one in contestants:
        costs = [(one.summary.cost.get(name), words, bound) for name, words, bound in cut.bounds]
        over = [
            f"{'unknown' if cost is None else f'{cost:.3g}'} {words}"
            for cost, words, bound in costs
            if cost is None or cost > bound
        ]
        if over:
            out.append(f"{one.label} ({', '.join(over)})")
        else:
            kept.append(one)
    if not cut.bounds:
        return kept, ()
    bounds = " and ".join(f"{bound:g} {words}" for _, words, bound in cut.bounds)
    if not kept:
        raise UsageError(f"no run is left at {bounds} a sample: {', '.join(out)}")
    left_out = f"; left out: {', '.join(out)}" if out else ""
    return kept, (f"Cut at {bounds} a sample{left_out}.",)
