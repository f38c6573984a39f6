"""Pace and breaker on a clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rlrig_eval.judges.traffic import BUSY, Breaker, Pace


@dataclass
class Watch:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_many_429s_of_one_moment_count_once_and_good_calls_win_it_back() -> None:
    watch = Watch()
    pace = Pace(10, watch)
    watch.now = 1.0
    for _ in range(5):
        pace.too_many(None, started=0.5)
    assert pace.at_once == 8
    for _ in range(20):
        pace.went_well()
    assert pace.at_once == 10


def test_it_never_stops_altogether() -> None:
    watch = Watch()
    pace = Pace(3, watch)
    for _ in range(50):
        watch.now += 1.0
        pace.too_many(None, started=watch.now)
    assert pace.at_once == 1


def test_after_retry_after_nobody_calls_for_that_long() -> None:
    watch = Watch()
    pace = Pace(3, watch)
    pace.too_many(7.0, started=0.0)
    assert pace.wait == pytest.approx(7.0)
    watch.now = 7.0
    assert pace.wait == 0.0


def test_a_server_that_hangs_is_given_up_within_a_minute() -> None:
    watch = Watch()
    breaker = Breaker(patience=30.0, clock=watch)
    while breaker.closed():
        started, watch.now = watch.now, watch.now + 20.0  # each call waits its 20 s
        breaker.failed(started, "no reply in time")
    assert watch.now <= 60.0


def test_a_busy_server_is_given_more_time() -> None:
    watch = Watch()
    breaker = Breaker(patience=30.0, clock=watch)
    while breaker.closed():
        started, watch.now = watch.now, watch.now + 5.0
        breaker.failed(started, "429", busy=True)
    assert watch.now == pytest.approx(30.0 * BUSY, abs=5.0)


def test_one_success_forgives_all() -> None:
    watch = Watch()
    breaker = Breaker(patience=30.0, clock=watch)
    for _ in range(10):
        started, watch.now = watch.now, watch.now + 20.0
        breaker.failed(started, "slow")
        breaker.went_well()
    assert breaker.closed()


def test_after_a_while_one_call_may_try_again() -> None:
    watch = Watch()
    breaker = Breaker(patience=30.0, cooldown=60.0, clock=watch)
    assert not breaker.hopeless()
    breaker.refused("404")
    assert (breaker.hopeless(), breaker.closed()) == (True, False)
    watch.now = 61.0
    assert (breaker.hopeless(), breaker.closed()) == (False, True)
    assert breaker.hopeless()
    assert not breaker.closed()
