"""The rounds of a picture that was not drawn at once, as a film strip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlrig_eval.report.album import Album, Thumbnail
from rlrig_eval.report.folder import Excerpt
from rlrig_eval.runs.store import read_document
from rlrig_eval.scene import Requirement, zero_children


class TraceRound(Excerpt):
    """What a strip takes from a round of a trace; `rlrig.trace` says what the fields mean."""

    index: int
    action: Literal["draw", "edit", "fresh"]
    parent: int | None = None
    instruction: str | None = None
    probabilities: Mapping[str, float]
    reward: float
    seconds: float


class Trace(Excerpt):
    """What a strip takes from ``traces/<prompt>_<seed>.json``; `threshold` is the P(yes) from which a check holds."""

    rounds: tuple[TraceRound, ...]
    chosen: int
    stopped: str
    threshold: float = 0.5


@dataclass(frozen=True)
class Doubt:
    """A requirement that the Checker did not find met, with its P(yes)."""

    statement: str
    probability: float


@dataclass(frozen=True)
class Step:
    """One round: its picture, how it came about, what the Checker thought of it. `number` counts from 1."""

    number: int
    picture: Thumbnail | None
    action: str
    instruction: str | None
    reward: float
    doubts: tuple[Doubt, ...]
    chosen: bool


@dataclass(frozen=True)
class Strip:
    """The rounds in order, and why they ended."""

    steps: tuple[Step, ...]
    stopped: str
    seconds: float


def strip(path: Path, requirements: Sequence[Requirement], album: Album) -> Strip:
    """The film strip of the trace in `path`, whose pictures lie beside it.

    Raises:
        UsageError: the trace is missing or malformed.
    """
    trace = read_document(path, Trace)
    steps = tuple(
        Step(
            number=seen.index + 1,
            picture=album.add(path.with_name(f"{path.stem}_r{seen.index}.png")),
            action=_action(seen),
            instruction=seen.instruction,
            reward=seen.reward,
            doubts=_doubts(seen, requirements, trace.threshold),
            chosen=seen.index == trace.chosen,
        )
        for seen in trace.rounds
    )
    return Strip(steps, trace.stopped, sum(seen.seconds for seen in trace.rounds))


def _action(seen: TraceRound) -> str:
    if seen.action == "edit" and seen.parent is not None:
        return f"edit of {seen.parent + 1}"
    return "fresh start" if seen.action == "fresh" else "draw"


def _doubts(seen: TraceRound, requirements: Sequence[Requirement], threshold: float) -> tuple[Doubt, ...]:
    asked = [r for r in requirements if r.id in seen.probabilities]
    if len(asked) < len(requirements):  # a trace of other requirements says nothing on these
        return ()
    holds = zero_children(asked, {r.id: seen.probabilities[r.id] >= threshold for r in asked})
    return tuple(Doubt(r.statement(), seen.probabilities[r.id]) for r in asked if not holds[r.id])
