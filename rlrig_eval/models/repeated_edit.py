"""The control that never looks: draw, then edit a fixed number of times, and keep the last picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from rlrig_eval.models.apart import apart_if_need_be
from rlrig_eval.models.contract import Drawn, Failure, Job, Picture
from rlrig_eval.models.costs import together
from rlrig_eval.models.pictures import admit, stated_size
from rlrig_eval.models.registry import build, needs, resolve
from rlrig_eval.models.rlrig import Hands
from rlrig_eval.suite.seeds import candidate_seed


class RepeatedEdit:
    """`base` draws; RL-RIG's Actor and editor then change the picture `edits` times, with no Checker to say what is
    wrong, when to stop, or which picture was the best. Picture 0 is what `base` alone would draw."""

    def __init__(
        self,
        base: str = "flux-shapes",
        edits: Annotated[int, Field(ge=1)] = 4,
        preset: str = "shapes",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._edits = edits
        asked = resolve(base, {}, settings or {})
        self._base = build(asked)
        self._hands = Hands(preset)
        self.settings: Mapping[str, Any] = {
            **self._base.settings,
            **asked.source,
            **self._hands.settings,
            "edits": edits,
        }

    @staticmethod
    def needs(base: str, preset: str, settings: Mapping[str, Any] | None = None, **_: Any) -> list[str]:
        """What the weights take: the base's, the Actor's and the editor's."""
        return [*needs(resolve(base, {}, settings or {})), *map(str, Hands.needs(preset))]

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return apart_if_need_be(jobs, self._drawn)

    def _drawn(self, jobs: Sequence[Job]) -> list[Drawn]:
        size = stated_size(self._base.settings)
        drawn: list[Picture | Failure] = [admit(one, size) for one in self._base.generate(jobs)]
        good = [(job, one) for job, one in zip(jobs, drawn, strict=True) if isinstance(one, Picture)]
        finished = iter(self._finish([job for job, _ in good], [one for _, one in good]))
        return [next(finished) if isinstance(one, Picture) else one for one in drawn]

    def _finish(self, jobs: Sequence[Job], drawn: Sequence[Picture]) -> list[Picture]:
        if not jobs:
            return []
        images = [one.image for one in drawn]
        costs = [[one.cost] for one in drawn]
        for k in range(1, self._edits + 1):
            seeds = [candidate_seed(job.noise, k) for job in jobs]
            images, took = self._hands.edit(images, [job.text for job in jobs], seeds)
            for cost, one in zip(costs, took, strict=True):
                cost.append(one)
        return [Picture(image, cost=together(cost)) for image, cost in zip(images, costs, strict=True)]
