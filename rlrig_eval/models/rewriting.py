"""The control that asks again: draw, look, say what is missing in the prompt itself, draw afresh; no edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from rlrig_eval.models.best_of_n import BestOfN
from rlrig_eval.models.contract import Job
from rlrig_eval.models.rlrig import View


class Rewriting(BestOfN):
    """Best-of-n whose candidates after the first are drawn by a prompt that repeats what the one before lacked.

    The same budget, Checker, threshold and stop rule as best-of-n; candidate 0 is what `base` alone would draw.
    """

    def __init__(
        self,
        base: str = "flux-shapes",
        n: Annotated[int, Field(ge=1)] = 5,
        preset: str = "shapes",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(base, n, preset, settings)
        self._reword = reworded


def reworded(job: Job, view: View | None) -> str:
    """The prompt, and after it the requirements that the picture of `view` did not meet, the least likely first.

    So what a text encoder of few tokens cuts off is what was doubted least.
    """
    if view is None:
        return job.text
    chances = view.probabilities
    missing = [one for one in job.requirements() if chances.get(one.id, 1.0) < view.threshold]
    missing.sort(key=lambda one: chances[one.id])
    return ", ".join([job.text.rstrip(". "), *(one.statement() for one in missing)])
