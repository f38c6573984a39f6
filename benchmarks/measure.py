"""Two ways to do the same work, timed in turns, and what the pairs of turns say."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from rlrig_eval.scene.graph import Frozen

LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Cost:
    """What one turn took: seconds on the clock, seconds of processor, MiB at the peak.

    `memory` is known for a child process only: a peak of this process would remember earlier turns.
    """

    wall: float
    processor: float
    memory: float | None = None


Turn = Callable[[], Cost]
Verdict = Literal["kept", "unclear", "missed"]
"""From the best to the worst."""


class Spread(Frozen):
    """The median of some numbers, and their quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
        return cls(median=middle, low=low, high=high)

    def against(self, most: float) -> Verdict:
        """Whether a promise of at most `most` is kept; unclear when the quartiles lie about it."""
        if self.median <= most:
            return "kept"
        return "missed" if self.low > most else "unclear"


class Result(Frozen):
    """One line of the table.

    `ours_ms` and `peer_ms` are processor milliseconds for one `unit` of work, `ours_wall_ms` is ours by the clock,
    `ours_mib` our peak memory; `ratio`, `wall_ratio` and `memory_ratio` are ours over the peer's: processor time,
    time by the clock, peak memory. Memory is known of child processes alone, and of it and `ours_wall_ms` nothing
    in results older than they are.

    Promises, where there are any: `most` bounds `ratio`, `most_memory` bounds `memory_ratio`, `most_ms` bounds
    `ours_ms`, `most_wall_ms` bounds `ours_wall_ms`, `most_mib` bounds `ours_mib`. Time is promised of the processor
    because the clock also counts whatever else runs on the machine; by the clock only what a person waits for and no
    one process works at.
    """

    name: str
    ours: str
    peer: str
    unit: str
    rounds: int = Field(ge=1)
    ours_ms: Spread
    peer_ms: Spread
    ratio: Spread
    wall_ratio: Spread
    memory_ratio: Spread | None = None
    ours_wall_ms: Spread | None = None
    ours_mib: Spread | None = None
    most: float | None = None
    most_ms: float | None = None
    most_wall_ms: float | None = None
    most_mib: float | None = None
    most_memory: float | None = None

    @model_validator(mode="after")
    def _promises_are_measured(self) -> Self:
        if self.most_wall_ms is not None and self.ours_wall_ms is None:
            raise ValueError(f"{self.name}: most_wall_ms is promised, but ours_wall_ms was not measured")
        if self.most_mib is not None and self.ours_mib is None:
            raise ValueError(f"{self.name}: most_mib is promised, but ours_mib was not measured (in a child process)")
        if self.most_memory is not None and self.memory_ratio is None:
            raise ValueError(f"{self.name}: most_memory is promised, but memory was not measured (in child processes)")
        return self

    @property
    def verdict(self) -> Verdict | None:
        """The worst of what became of each promise; None where nothing was promised."""
        bounds = (
            (self.ratio, self.most),
            (self.ours_ms, self.most_ms),
            (self.ours_wall_ms, self.most_wall_ms),
            (self.ours_mib, self.most_mib),
            (self.memory_ratio, self.most_memory),
        )
        found = (spread.against(most) for spread, most in bounds if spread is not None and most is not None)
        return max(found, key=get_args(Verdict).index, default=None)


@dataclass(frozen=True)
class Contest:
    """What is compared: names for the table, the two turns, and how many `unit`s of work a turn does."""

    name: str
    ours: str
    peer: str
    unit: str
    units: int
    our_turn: Turn
    peer_turn: Turn
    most: float | None = None
    most_ms: float | None = None
    most_wall_ms: float | None = None
    most_mib: float | None = None
    most_memory: float | None = None


def hold(contest: Contest, rounds: int) -> Result:
    """Let both sides take turns, ours first, `rounds` times.

    Ratios are taken turn by turn, so that what slows the machine for a while slows both sides of one.
    """
    turns = [(contest.our_turn(), contest.peer_turn()) for _ in range(rounds)]
    own = [ours.memory for ours, _ in turns if ours.memory]
    ratios = [ours.memory / peer.memory for ours, peer in turns if ours.memory and peer.memory]
    return Result(
        name=contest.name,
        ours=contest.ours,
        peer=contest.peer,
        unit=contest.unit,
        rounds=rounds,
        ours_ms=Spread.of([1000 * ours.processor / contest.units for ours, _ in turns]),
        peer_ms=Spread.of([1000 * peer.processor / contest.units for _, peer in turns]),
        ratio=Spread.of([ours.processor / peer.processor for ours, peer in turns]),
        wall_ratio=Spread.of([ours.wall / peer.wall for ours, peer in turns]),
        memory_ratio=Spread.of(ratios) if ratios else None,
        ours_wall_ms=Spread.of([1000 * ours.wall / contest.units for ours, _ in turns]),
        ours_mib=Spread.of(own) if own else None,
        most=contest.most,
        most_ms=contest.most_ms,
        most_wall_ms=contest.most_wall_ms,
        most_mib=contest.most_mib,
        most_memory=contest.most_memory,
    )


def calling(work: Callable[[], object]) -> Turn:
    """A turn that calls `work` in this process."""

    def turn() -> Cost:
        began, used = time.perf_counter(), _processor()
        work()
        return Cost(time.perf_counter() - began, _processor() - used)

    return turn


def running(*command: str) -> Turn:
    """A turn that runs a command, its program named by a path, to its end; RuntimeError when it fails."""

    def turn() -> Cost:
        launched = subprocess.run([sys.executable, "-I", LAUNCH, *command], capture_output=True, text=True)
        if launched.returncode:
            last = (launched.stderr.strip() or "no message").splitlines()[-1]
            raise RuntimeError(f"{' '.join(command)}: exit {launched.returncode}: {last}")
        return Cost(**json.loads(launched.stdout))

    return turn


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
