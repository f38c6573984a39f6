"""Taking turns: what is timed, what a ratio is made of, and when a promise counts as kept."""

from __future__ import annotations

import sys

import pytest
from pydantic import ValidationError

from benchmarks.measure import Contest, Cost, Spread, calling, hold, running

PYTHON = sys.executable


def contest(ours: list[float], peer: list[float], order: list[str], **about) -> Contest:
    """One whose turns cost those seconds of processor, and twice as much by the clock."""

    def turn(side: str, seconds: list[float]):
        left = iter(seconds)

        def take() -> Cost:
            order.append(side)
            cost = next(left)
            return Cost(wall=2 * cost, processor=cost)

        return take

    return Contest("", "", "", "picture", 10, turn("ours", ours), turn("peer", peer), **about)


def peaking(peaks: list[int], **about) -> Contest:
    """One whose turns cost 100 ms of processor and of the clock; ours peak at those MiB, the peer's at 10."""
    left = iter(peaks)
    return Contest("", "", "", "process", 1, lambda: Cost(0.1, 0.1, next(left)), lambda: Cost(0.1, 0.1, 10), **about)


def test_sides_take_turns_and_ratios_are_of_neighbours() -> None:
    order: list[str] = []
    # The machine is ten times slower in the second round; the ratio does not notice, the times do.
    result = hold(contest([1, 10, 1], [2, 20, 2], order), rounds=3)
    assert order == ["ours", "peer"] * 3
    assert result.ratio == result.wall_ratio == Spread(median=0.5, low=0.5, high=0.5)
    assert result.ours_ms == Spread(median=100, low=100, high=550)
    assert result.peer_ms.median == 200
    assert result.memory_ratio is None


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [([1.0, 1.0, 1.0], "kept"), ([0.9, 1.2, 1.3], "unclear"), ([1.2, 1.2, 1.3], "missed")],
)
def test_a_promise_is_missed_only_beyond_the_noise(ours: list[float], verdict: str) -> None:
    assert hold(contest(ours, [1, 1, 1], [], most=1.1), rounds=3).verdict == verdict
    assert hold(contest(ours, [1, 1, 1], [], most_ms=110), rounds=3).verdict == verdict
    assert hold(contest(ours, [1, 1, 1], []), rounds=3).verdict is None


@pytest.mark.parametrize(
    ("peaks", "verdict"), [([90, 95, 99], "kept"), ([90, 101, 120], "unclear"), ([101, 102, 103], "missed")]
)
def test_a_promise_about_memory_is_of_our_own_peak(peaks: list[int], verdict: str) -> None:
    result = hold(peaking(peaks, most_mib=100), rounds=3)
    assert result.ours_mib is not None
    assert result.ours_mib.median == peaks[1]
    assert result.memory_ratio is not None  # of the peer's 10 MiB: no part of the promise
    assert result.memory_ratio.median == peaks[1] / 10
    assert result.verdict == verdict


@pytest.mark.parametrize(
    ("peaks", "verdict"), [([9, 10, 10], "kept"), ([9, 11, 12], "unclear"), ([11, 12, 13], "missed")]
)
def test_a_promise_of_memory_against_the_peer_is_of_the_ratio(peaks: list[int], verdict: str) -> None:
    assert hold(peaking(peaks, most_memory=1.0), rounds=3).verdict == verdict  # the peer's peaks are 10 MiB


def test_a_promise_by_the_clock_is_not_of_the_processor() -> None:
    # 100 ms of processor and 200 by the clock, for each picture.
    assert hold(contest([1, 1, 1], [1, 1, 1], [], most_wall_ms=200), rounds=3).verdict == "kept"
    assert hold(contest([1, 1, 1], [1, 1, 1], [], most_wall_ms=199), rounds=3).verdict == "missed"


def test_of_several_promises_the_worst_decides() -> None:
    peaks = [150, 150, 150]
    assert hold(peaking(peaks, most_ms=100, most_mib=200), rounds=3).verdict == "kept"
    assert hold(peaking(peaks, most_ms=100, most_mib=100), rounds=3).verdict == "missed"
    assert hold(peaking(peaks, most_ms=99, most_mib=200), rounds=3).verdict == "missed"
    assert hold(peaking([90, 101, 120], most_ms=100, most_mib=100), rounds=3).verdict == "unclear"


def test_what_is_not_measured_cannot_be_promised() -> None:
    with pytest.raises(ValidationError, match=r"most_mib is promised, but ours_mib was not measured \(in a child"):
        hold(contest([1], [1], [], most_mib=100), rounds=1)
    with pytest.raises(ValidationError, match=r"most_memory is promised, but memory was not measured"):
        hold(contest([1], [1], [], most_memory=1.0), rounds=1)


def test_one_round_has_no_spread() -> None:
    assert hold(contest([3], [2], []), rounds=1).ratio == Spread(median=1.5, low=1.5, high=1.5)


def test_a_call_is_charged_for_its_own_work() -> None:
    cost = calling(lambda: sum(range(3_000_000)))()
    assert 0.005 < cost.processor <= cost.wall + 0.01  # the kernel's clocks differ by a tick


def test_a_command_is_charged_for_its_own_work_and_memory_alone() -> None:
    ballast = bytearray(300 * 2**20)  # of this process: no part of any child's peak
    little = running(PYTHON, "-c", "pass")()
    much = running(PYTHON, "-c", "x = b'x' * (100 * 2**20); sum(range(3_000_000))")()
    assert len(ballast) > 0
    assert little.memory < 50
    assert 90 < much.memory - little.memory < 130  # the 100 MiB, and what else the interpreter touched
    assert much.processor > little.processor + 0.01


def test_a_command_that_fails_is_an_error_that_says_why() -> None:
    with pytest.raises(RuntimeError, match="exit 1: ZeroDivisionError: division by zero"):
        running(PYTHON, "-c", "1 / 0")()
