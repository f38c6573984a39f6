"""Back ends that crash, stop early or talk too much: every picture still gets a verdict or a reason, in order."""

from __future__ import annotations

import sqlite3
import struct
from collections import deque
from contextlib import closing

import pytest

from rlrig_eval.judges import Reply, Task, Unscored, Usage, Verdict
from rlrig_eval.judges.asking import MOST_CRASHES, AskingJudge
from rlrig_eval.judges.budget import Budget, Metered
from rlrig_eval.judges.cache import Cache, Cached
from rlrig_eval.judges.guarded import Guarded
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


def test_a_back_end_or_a_judge_that_leaves_ends_nothing() -> None:
    def say(request):
        raise SystemExit(3)

    class Leaving:
        def verdicts(self, tasks):
            next(tasks)
            raise SystemExit(3)

    assert scores(Saying(say)) == ["SystemExit: 3"] * len(TASKS)
    found = list(Guarded(Leaving()).verdicts(iter(TASKS)))
    assert [one.reason for one in found if isinstance(one, Unscored)] == ["SystemExit: 3"] * len(TASKS)


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


@pytest.mark.parametrize("odd", [Reply(None), Reply("yes", p_yes="0.9"), Reply("yes", usage=None)])  # type: ignore
def test_what_is_no_reply_costs_one_picture_and_loses_none(odd: Reply) -> None:
    class Odd:
        def replies(self, requests):
            for number, _ in enumerate(requests):
                yield odd if number == QUESTIONS else Reply("yes")

    found = scores(Odd())
    assert (len(found), found[0], found[2:]) == (len(TASKS), 1.0, [1.0] * (len(TASKS) - 2))
    assert "cannot be read" in str(found[1])


def test_a_picture_that_no_decoder_understands_costs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Task.image

    def image(self):
        if "above" in str(self.requirements):
            raise struct.error("unpack requires a buffer of 4 bytes")
        return plain(self)

    monkeypatch.setattr(Task, "image", image)
    found = scores(Saying(lambda request: "yes"))
    assert found == [1.0, "error: unpack requires a buffer of 4 bytes", 1.0, 1.0, 1.0] * 4


class Own:
    """A judge that asks in its own way, in one of several bad moods."""

    def __init__(self, mood: str) -> None:
        self.mood = mood

    def verdicts(self, tasks):
        for number, _ in enumerate(tasks):
            if number == 2:
                if self.mood == "crash":
                    raise RuntimeError("out of memory")
                if self.mood == "stop":
                    return
            yield 0.5 if self.mood == "number" else Verdict(1.0)
        if self.mood == "more":
            yield Verdict(1.0)


@pytest.mark.parametrize(
    ("mood", "reason", "good"),
    [
        ("crash", "RuntimeError: out of memory", 2),
        ("stop", "fewer verdicts", 2),
        ("number", "gave no verdict but a float", 0),
        ("more", "", len(TASKS)),
        ("", "", len(TASKS)),
    ],
)
def test_a_judge_of_its_own_way_is_held_to_one_verdict_a_picture(mood: str, reason: str, good: int) -> None:
    found = list(Guarded(Own(mood)).verdicts(iter(TASKS)))
    assert len(found) == len(TASKS)
    assert [one.score for one in found[:good]] == [1.0] * good
    assert all(isinstance(one, Unscored) and reason in one.reason for one in found[good:])


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


class Priced:
    """Has so many requests out before the first reply is in, and each costs a cent."""

    def __init__(self) -> None:
        self.asked = 0

    def replies(self, requests):
        out = deque()
        for _ in requests:
            self.asked += 1
            out.append(Reply("yes", usage=Usage(usd=0.01)))
            if len(out) >= 16:
                yield out.popleft()
        yield from out


def test_money_is_not_overspent_though_many_calls_are_out_before_the_first_price_is_known() -> None:
    backend, budget = Priced(), Budget(max_cost=0.055)
    found = scores(Metered(backend, budget))
    assert (backend.asked, budget.spent.usd) == (5, pytest.approx(0.05))
    assert "USD is spent" in str(found[-1])


def test_calls_that_a_crash_swallowed_are_paid_for_once_and_not_held_for_ever() -> None:
    class Fragile(Priced):
        def replies(self, requests):
            for number, reply in enumerate(super().replies(requests)):
                if number == 3:
                    raise RuntimeError("gone")
                yield reply

    budget = Budget(max_calls=1000)
    scores(Metered(Fragile(), budget))
    spent = budget.spent.calls
    for _ in range(1000 - spent):
        assert budget.reserve() is None
    assert budget.reserve() is not None


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


def test_a_word_that_was_kept_when_p_yes_was_read_otherwise_is_asked_for_again(tmp_path, monkeypatch) -> None:
    backend = Saying(lambda request: "yes")
    with monkeypatch.context() as before:
        before.setattr("rlrig_eval.judges.cache._READING", "")
        scores(Cached(backend, Cache(tmp_path / "c.sqlite"), {}))
    asked = backend.asked
    scores(Cached(backend, Cache(tmp_path / "c.sqlite"), {}))
    assert backend.asked == 2 * asked


@pytest.mark.parametrize("damage", ["UPDATE replies SET reply = '{'", "DROP TABLE replies"])
def test_a_damaged_cache_costs_replies_and_no_verdict(tmp_path, damage: str) -> None:
    backend = Saying(lambda request: "yes")
    cached = Cached(backend, Cache(tmp_path / "c.sqlite"), {})
    assert scores(cached) == [1.0] * len(TASKS)
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as db, db:
        db.execute(damage)
    asked = backend.asked
    assert scores(cached) == [1.0] * len(TASKS)
    assert backend.asked > asked


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
