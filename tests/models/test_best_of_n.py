"""The control: candidate 0 is the base's own picture, it stops when satisfied, and the earliest best wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from rlrig.trace import Trace
from rlrig_eval.errors import RunError
from rlrig_eval.models import Failure, Job, Picture
from rlrig_eval.models.apart import apart_if_need_be
from rlrig_eval.models.best_of_n import best_of
from rlrig_eval.scene import Requirement, SceneGraph, parse
from rlrig_eval.suite import candidate_seed

JOBS = [Job(f"p{n}", "a", SceneGraph(), 0, 100 + n) for n in range(3)]


@dataclass(frozen=True)
class Seen:
    """A verdict of the Checker on one requirement."""

    reward: float
    confidence: float = 0.5
    threshold: float = 0.5

    @property
    def satisfied(self) -> bool:
        return self.reward == 1.0

    @property
    def probabilities(self) -> dict[str, float]:
        return {"exists:a": self.confidence}

    @property
    def cost(self) -> dict[str, float]:
        return {"images": 0, "denoiser_evals": 0, "vlm_calls": 1, "vlm_tokens_read": 40, "vlm_tokens_written": 1}


def candidate(job: Job, k: int) -> Job:
    return replace(job, noise=candidate_seed(job.noise, k))


class Bench:
    """Draws a picture whose one grey level tells job and candidate, and looks its verdict up."""

    def __init__(self, verdicts: dict[str, Sequence[Seen]]) -> None:
        self.verdicts = verdicts
        self.drawn: list[list[tuple[str, int]]] = []
        self.asked: list[Sequence[Requirement]] = []
        self._noises = {candidate(job, k).noise: (job.prompt_id, k) for job in JOBS for k in range(9)}

    def draw(self, jobs: Sequence[Job]) -> list[Picture | Failure]:
        self.drawn.append([self._noises[job.noise] for job in jobs])
        grey = [(10 * JOBS.index(next(j for j in JOBS if j.prompt_id == p)) + k) for p, k in self.drawn[-1]]
        cost = {"images": 1.0, "denoiser_evals": 32.0}
        return [Picture(Image.new("RGB", (4, 4), (level,) * 3), cost=cost) for level in grey]

    def look(self, images: Sequence[Image.Image], asked: Sequence[Sequence[Requirement]]) -> list[Seen]:
        self.asked += asked
        levels = [image.getpixel((0, 0))[0] for image in images]
        return [self.verdicts[JOBS[level // 10].prompt_id][level % 10] for level in levels]


def run(n: int, **verdicts: Sequence[Seen]) -> tuple[Bench, list[Picture | Failure]]:
    bench = Bench(verdicts)
    jobs = [job for job in JOBS if job.prompt_id in verdicts]
    return bench, best_of(n, jobs, bench.draw, bench.look)


def chosen(outcome: Picture | Failure) -> int:
    assert isinstance(outcome, Picture)
    return Trace.model_validate(outcome.trace).chosen


def test_the_first_candidate_is_the_bases_own_picture() -> None:
    assert candidate(JOBS[0], 0) == JOBS[0]


def test_it_stops_at_the_first_that_satisfies() -> None:
    bench, (outcome,) = run(5, p0=[Seen(0.5), Seen(1.0), Seen(1.0)])
    assert bench.drawn == [[("p0", 0)], [("p0", 1)]]
    assert chosen(outcome) == 1


def test_a_finished_prompt_leaves_the_batch() -> None:
    bench, outcomes = run(3, p0=[Seen(1.0)], p1=[Seen(0.0)] * 3, p2=[Seen(0.0), Seen(1.0)])
    assert bench.drawn == [[("p0", 0), ("p1", 0), ("p2", 0)], [("p1", 1), ("p2", 1)], [("p1", 2)]]
    assert [outcome.cost["images"] for outcome in outcomes] == [1, 3, 2]


def test_without_satisfaction_the_best_wins_and_of_equals_the_earliest() -> None:
    _, (best,) = run(4, p0=[Seen(0.2), Seen(0.6), Seen(0.6), Seen(0.1)])
    _, (sure,) = run(3, p0=[Seen(0.6, 0.3), Seen(0.6, 0.7), Seen(0.6, 0.7)])
    assert (chosen(best), chosen(sure)) == (1, 1)


def test_what_it_cost_and_how_it_went_is_told() -> None:
    _, (outcome,) = run(2, p1=[Seen(0.2), Seen(0.4)])
    trace = Trace.model_validate(outcome.trace)
    looks = {"vlm_calls": 2.0, "vlm_tokens_read": 80.0, "vlm_tokens_written": 2.0}
    assert outcome.cost == {"images": 2.0, "denoiser_evals": 64.0, **looks}
    assert trace.calls.model_dump() == outcome.cost
    assert [(r.index, r.action, r.reward) for r in trace.rounds] == [(0, "draw", 0.2), (1, "draw", 0.4)]
    one = {"images": 1.0, "denoiser_evals": 32.0, "vlm_calls": 1.0, "vlm_tokens_read": 40.0, "vlm_tokens_written": 1.0}
    assert [r.calls.model_dump() for r in trace.rounds] == [one, one]
    assert (trace.stopped, len(outcome.rounds)) == ("budget", 2)
    assert outcome.image is outcome.rounds[1]


def test_the_checker_is_asked_by_the_jobs_own_rule_of_counting() -> None:
    graph = parse("a red circle left of two blue squares")
    jobs = [replace(job, graph=graph, counting=rule) for job, rule in zip(JOBS, ("exact", "at_least"), strict=False)]
    bench = Bench({"p0": [Seen(1.0)], "p1": [Seen(1.0)]})
    best_of(1, jobs, bench.draw, bench.look)
    assert bench.asked == [graph.requirements("exact"), graph.requirements("at_least")]
    assert bench.asked[0] != bench.asked[1]


@pytest.mark.parametrize("base", [{}, {"images": 3.0, "vlm_calls": 7.0}])
def test_of_a_base_that_does_not_tell_its_evaluations_none_are_made_up(base: dict[str, float]) -> None:
    bench = Bench({"p0": [Seen(0.0)] * 2})

    def draw(jobs: Sequence[Job]) -> list[Picture | Failure]:
        return [replace(picture, cost=base) for picture in bench.draw(jobs)]

    (outcome,) = best_of(2, JOBS[:1], draw, bench.look)
    assert outcome.cost["images"] == 2 * base.get("images", 1.0)
    assert outcome.cost["vlm_calls"] == 2 * base.get("vlm_calls", 0.0) + 2
    assert "denoiser_evals" not in outcome.cost
    assert Trace.model_validate(outcome.trace).calls.denoiser_evals is None


def test_a_candidate_that_fails_is_a_failure_of_its_sample_alone() -> None:
    bench = Bench({"p0": [Seen(0.0)] * 3, "p1": [Seen(1.0)]})

    def draw(jobs: Sequence[Job]) -> list[Picture | Failure]:
        drawn = bench.draw(jobs)
        return [Failure("oops") if one == ("p0", 1) else d for one, d in zip(bench.drawn[-1], drawn, strict=True)]

    failed, fine = best_of(3, JOBS[:2], draw, bench.look)
    assert failed == Failure("oops")
    assert chosen(fine) == 0


def test_what_a_batch_cannot_do_together_its_jobs_do_alone_and_a_failure_is_one_sample_s() -> None:
    def draw(jobs: Sequence[Job]) -> list[Picture | Failure]:
        if JOBS[1] in jobs:
            raise RunError("no answer")
        return [Picture(Image.new("RGB", (4, 4))) for _ in jobs]

    first, failed, last = apart_if_need_be(JOBS[:3], draw)
    assert failed == Failure("no answer")
    assert isinstance(first, Picture)
    assert isinstance(last, Picture)
