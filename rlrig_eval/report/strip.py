"""The rounds of a picture that was not drawn at once, as a film strip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import RootModel, ValidationError

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
    """What a strip takes from ``traces/<prompt>_<seed>.json``; a check holds from P(yes) = `threshold`."""

    rounds: tuple[TraceRound, ...]
    chosen: int
    stopped: str
    threshold: float


@dataclass(frozen=True)
class Check:
    """A requirement, and the Checker's P(yes) for it."""

    statement: str
    probability: float


@dataclass(frozen=True)
class Step:
    """One round: its picture, how it came about, what the Checker found amiss. `number` counts from 1."""

    number: int
    picture: Thumbnail | None
    action: str
    instruction: str | None
    reward: float
    failed: tuple[Check, ...]
    chosen: bool


@dataclass(frozen=True)
class Strip:
    """The rounds, why they ended, and what the Checker took for met in the chosen one but is not so read."""

    steps: tuple[Step, ...]
    stopped: str
    seconds: float
    overlooked: tuple[Check, ...]


def strip(path: Path, requirements: Sequence[Requirement], satisfied: Mapping[str, bool], album: Album) -> Strip | None:
    """The film strip of the trace in `path`, whose pictures lie beside it; None for a trace of another kind.

    Args:
        satisfied: by requirement id, as read in the final picture; empty if it is not scored.

    Raises:
        UnreadableFile: the trace is missing, or no JSON.
    """
    kept = read_document(path, RootModel[Any]).root  # anybody's model may keep what it likes
    try:
        trace = Trace.model_validate(kept)
    except ValidationError:
        return None
    steps = []
    overlooked: tuple[Check, ...] = ()
    for seen in trace.rounds:
        holds = _verdicts(seen, requirements, trace.threshold)
        chosen = seen.index == trace.chosen
        steps.append(
            Step(
                number=seen.index + 1,
                picture=album.add(path.with_name(f"{path.stem}_r{seen.index}.png")),
                action=_action(seen),
                instruction=seen.instruction,
                reward=seen.reward,
                failed=_checks(seen, _roots(requirements, holds)),
                chosen=chosen,
            )
        )
        if chosen:
            missed = [r for r in requirements if holds.get(r.id) and not satisfied.get(r.id, True)]
            overlooked = _checks(seen, missed)
    return Strip(tuple(steps), trace.stopped, sum(seen.seconds for seen in trace.rounds), overlooked)


def _action(seen: TraceRound) -> str:
    if seen.action == "edit" and seen.parent is not None:
        return f"edit of {seen.parent + 1}"
    return "fresh start" if seen.action == "fresh" else "draw"


def _verdicts(seen: TraceRound, requirements: Sequence[Requirement], threshold: float) -> dict[str, bool]:
    """Requirement id -> met in the Checker's eyes; nothing when the trace is of other requirements."""
    if any(r.id not in seen.probabilities for r in requirements):
        return {}
    return zero_children(requirements, {r.id: seen.probabilities[r.id] >= threshold for r in requirements})


def _roots(requirements: Sequence[Requirement], holds: Mapping[str, bool]) -> list[Requirement]:
    """What is not met though all that it depends on is: what an edit can address."""
    return [r for r in requirements if not holds.get(r.id, True) and all(holds[parent] for parent in r.depends)]


def _checks(seen: TraceRound, requirements: Sequence[Requirement]) -> tuple[Check, ...]:
    return tuple(Check(r.statement(), seen.probabilities[r.id]) for r in requirements)
