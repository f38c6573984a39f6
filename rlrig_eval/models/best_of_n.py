"""The control at equal budget: draw until RL-RIG's Checker is satisfied, n times at most, keep the best."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from PIL import Image
from pydantic import Field

from rlrig_eval.models.apart import apart_if_need_be
from rlrig_eval.models.contract import Drawn, Failure, Job, Picture
from rlrig_eval.models.costs import together
from rlrig_eval.models.pictures import admit, stated_size
from rlrig_eval.models.registry import build, needs, resolve
from rlrig_eval.models.rlrig import Checker, View, draws_trace
from rlrig_eval.scene import Requirement
from rlrig_eval.suite.seeds import candidate_seed

Draw = Callable[[Sequence[Job]], Sequence[Picture | Failure]]
Reword = Callable[[Job, View | None], str]
Look = Callable[[Sequence[Image.Image], Sequence[Sequence[Requirement]]], Sequence[View]]


class BestOfN:
    """`base`, drawn up to `n` times for each prompt; candidate 0 is what `base` alone would draw."""

    def __init__(
        self,
        base: str = "flux-shapes",
        n: Annotated[int, Field(ge=1)] = 5,
        preset: str = "shapes",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        Checker.require(preset)
        self._n = n
        asked = resolve(base, {}, settings or {})
        self._base = build(asked)
        self._checker = Checker(preset)
        self.settings: Mapping[str, Any] = {
            **self._base.settings,
            **asked.source,
            **self._checker.settings,
            "n": n,
            "threshold": self._checker.threshold,
        }
        self._reword: Reword = as_asked

    @staticmethod
    def needs(base: str, preset: str, settings: Mapping[str, Any] | None = None, **_: Any) -> list[str]:
        """What the weights take: the base's, and the Checker's."""
        return [*needs(resolve(base, {}, settings or {})), *map(str, Checker.needs(preset))]

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return apart_if_need_be(jobs, self._drawn)

    def _drawn(self, jobs: Sequence[Job]) -> list[Drawn]:
        size = stated_size(self._base.settings)
        return list(
            best_of(
                self._n,
                jobs,
                lambda some: [admit(one, size) for one in self._base.generate(some)],
                self._checker.look,
                self._reword,
            )
        )


@dataclass
class _Case:
    """One prompt and its candidates so far."""

    job: Job
    pictures: list[Picture] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def best(self) -> int:
        """The candidate with the highest reward, then confidence; the earliest wins a tie."""
        return max(range(len(self.views)), key=lambda k: (self.views[k].reward, self.views[k].confidence, -k))

    @property
    def open(self) -> bool:
        return self.failure is None and not (self.views and self.views[-1].satisfied)


def as_asked(job: Job, _: View | None) -> str:
    """The prompt, whatever came of it before."""
    return job.text


def best_of(n: int, jobs: Sequence[Job], draw: Draw, look: Look, reword: Reword = as_asked) -> list[Picture | Failure]:
    """For each job the best of up to `n` candidates, drawn one after the other until one satisfies `look`.

    Candidate k is drawn from `candidate_seed(job.noise, k)`, by the text that `reword` makes of the job and the view
    of the candidate before it. A job of which one candidate fails is a failure.
    """
    cases = [_Case(job) for job in jobs]
    for k in range(n):
        todo = [case for case in cases if case.open]
        if todo:
            _candidate(k, todo, draw, look, reword)
    return [case.failure or _chosen(case) for case in cases]


def _candidate(k: int, cases: Sequence[_Case], draw: Draw, look: Look, reword: Reword) -> None:
    began = time.perf_counter()
    texts = [reword(case.job, case.views[-1] if case.views else None) for case in cases]
    noises = [candidate_seed(case.job.noise, k) for case in cases]
    drawn = draw(
        [replace(case.job, text=text, noise=noise) for case, text, noise in zip(cases, texts, noises, strict=True)]
    )
    for case, outcome in zip(cases, drawn, strict=True):
        if isinstance(outcome, Failure):
            case.failure = outcome
        else:
            case.pictures.append(outcome)
    good = [case for case in cases if case.failure is None]
    asked = [case.job.requirements() for case in good]
    views = look([case.pictures[k].image for case in good], asked) if good else []
    share = (time.perf_counter() - began) / len(cases)
    for case, view in zip(good, views, strict=True):
        case.views.append(view)
        case.seconds.append(share)


def _chosen(case: _Case) -> Picture:
    costs = [together([picture.cost, view.cost]) for picture, view in zip(case.pictures, case.views, strict=True)]
    return Picture(
        image=case.pictures[case.best].image,
        trace=draws_trace(case.views, case.seconds, costs, case.best),
        rounds=[picture.image for picture in case.pictures],
        cost=together(costs),
    )
