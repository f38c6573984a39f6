"""Back ends that crash, stop early or talk too much: every picture still gets a verdict or a reason, in order."""

from __future__ import annotations

import pytest

from rlrig_eval.judges import Reply, Unscored
from rlrig_eval.judges.asking import MOST_CRASHES, AskingJudge
from rlrig_eval.judges.budget import Budget, Metered
from rlrig_eval.judges.cache import Cache, Cached
from rlrig_eval.judges.rubrics import rubric
from tests.judges.replies import Saying, task
from tests.runs import tiny

TASKS = [task(graph=tiny.graph(predicate)) for predicate in ("left of", "above", "near", "inside", "behind")] * 4
QUESTIONS = len(TASKS[0].requirements)


def scores(backend) -> list[float | str]:
    found = AskingJudge(rubric("p-yes"), backend).verdicts(iter(TASKS))
    return [one.reason if isinstance(one, Unscored) else one.score for one in found]


def test_a_crash_costs_the_picture_it_happened_on() -> None:
    def say(request):
        if "above" in request.text:
            raise RuntimeError("CUDA error")
        return "yes"

    found = scores(Saying(say))
    assert found == [1.0, "RuntimeError: CUDA error", 1.0, 1.0, 1.0] * 4


def test_a_back_end_that_always_crashes_is_given_up() -> None:
    def say(request):
        raise RuntimeError("out of memory")

    backend = Saying(say)
    assert scores(backend) == ["RuntimeError: out of memory"] * len(TASKS)
    assert backend.asked == MOST_CRASHES


class Lazy:
    def __init__(self, count: int) -> None:
        self.count = count

    def replies(self, requests):
        for _, _request in zip(range(self.count), requests, strict=False):
            yield Reply("yes")


@pytest.mark.parametrize("count", [0, 1, QUESTIONS, QUESTIONS + 1])
def test_too_few_replies_leave_the_rest_unscored(count: int) -> None:
    found = scores(Lazy(count))
    assert len(found) == len(TASKS)
    assert "fewer replies" in str(found[-1])


def test_too_many_replies_are_no_verdict() -> None:
    class Chatty:
        def replies(self, requests):
            for _ in requests:
                yield from [Reply("yes")] * 2

    found = scores(Chatty())
    assert len(found) == len(TASKS)
    assert any("more replies" in str(one) for one in found)


def test_requests_are_made_as_they_are_pulled() -> None:
    drawn = []

    def tasks():
        for number, one in enumerate(TASKS):
            drawn.append(number)
            yield one

    verdicts = AskingJudge(rubric("p-yes"), Saying(lambda request: "yes")).verdicts(tasks())
    next(verdicts)
    assert len(drawn) <= 2


def test_a_budget_of_calls_stops_cleanly() -> None:
    backend, budget = Saying(lambda request: "yes"), Budget(max_calls=2 * QUESTIONS + 1)
    found = scores(Metered(backend, budget))
    assert found[:2] == [1.0, 1.0]
    assert set(found[2:]) == {f"not asked: the budget of {2 * QUESTIONS + 1} calls is spent"}
    assert (backend.asked, budget.spent.calls) == (2 * QUESTIONS + 1,) * 2


def test_what_is_kept_is_not_asked_again(tmp_path) -> None:
    backend = Saying(lambda request: "yes")
    cached = Cached(backend, Cache(tmp_path / "c.sqlite"), {"model": "a"})
    assert scores(cached) == [1.0] * len(TASKS)
    different = backend.asked  # 20 tasks of five kinds on one picture: most questions repeat
    assert different < len(TASKS) * QUESTIONS / 4
    again = Cached(backend, Cache(tmp_path / "c.sqlite"), {"model": "a"})
    assert scores(again) == [1.0] * len(TASKS)
    assert backend.asked == different
    scores(Cached(backend, Cache(tmp_path / "c.sqlite"), {"model": "b"}))
    assert backend.asked == 2 * different


def test_a_bad_reply_is_not_kept(tmp_path) -> None:
    for said, kept in (("hm", False), ("yes", True)):
        backend = Saying(lambda request, said=said: said)
        found = scores(Cached(backend, Cache(tmp_path / "c.sqlite"), {}))
        assert (found == [1.0] * len(TASKS)) is kept
        assert backend.asked


def test_without_a_cache_nothing_is_asked_twice_at_a_time() -> None:
    class Batching(Saying):
        def replies(self, requests):
            yield from [Reply("yes") for request in requests if self.say(request)]

    backend = Batching(lambda request: seen.append(request.text) or True)
    seen: list[str] = []
    assert scores(Cached(backend, None, {})) == [1.0] * len(TASKS)
    assert len(seen) == len(set(seen))
