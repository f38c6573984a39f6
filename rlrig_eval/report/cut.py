"""Equal budgets: a leaderboard of only those runs that cost no more than so much a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlrig_eval.errors import UsageError
from rlrig_eval.report.entry import Entry


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


def within(entries: Sequence[Entry], cut: Cut) -> tuple[list[Entry], tuple[str, ...]]:
    """The runs within every bound, and a note on those left out; a run that does not say its cost is left out.

    Raises:
        UsageError: no run is left.
    """
    kept, out = [], []
    for one in entries:
        costs = [(one.cost.get(name), words, bound) for name, words, bound in cut.bounds]
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
    bounds = " and ".join(f"{bound:.4g} {words}" for _, words, bound in cut.bounds)
    if not kept:
        raise UsageError(f"no run is left at {bounds} a sample: {', '.join(out)}")
    left_out = f"; left out: {', '.join(out)}" if out else ""
    return kept, (f"Cut at {bounds} a sample{left_out}.",)


def equal_budgets(entries: Sequence[Entry], label: str) -> list[tuple[str, Cut]]:
    """The budgets of the result called `label`, each with its name: its images, and its denoiser evaluations.

    Raises:
        UsageError: there is no such result, or it says neither.
    """
    of = {one.label: one for one in entries}
    if label not in of:
        raise UsageError.unknown("run", label, of)
    cost = of[label].cost
    images, evals = cost.get("images_per_sample"), cost.get("denoiser_evals_per_sample")
    found = []
    if images is not None:
        found.append((f"No more images than {label}", Cut(max_images=images)))
    if evals is not None:
        found.append((f"No more denoiser evaluations than {label}", Cut(max_evals=evals)))
    if not found:
        raise UsageError(f"{label} says neither how many images nor how many denoiser evaluations it took")
    return found
