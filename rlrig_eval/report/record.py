"""A run sample by sample, in one flat form: what exports and the results API are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import ScoreRow
from rlrig_eval.runs.scorers import GRAPH
from rlrig_eval.runs.summary import metric_name
from rlrig_eval.suite import Prompt

Status = Literal["ok", "error", "unscored", "owed"]
"""As in a summary's coverage; `owed`: planned, and not in yet."""


@dataclass(frozen=True)
class Record:
    """One planned picture and all that is known of it.

    `values` are by the metric names of a summary; `image` is a path, None where nothing was drawn; `read` is the
    graph that the extractor saw and `satisfied` the verdict on each requirement, both empty where there is none.
    """

    id: str
    prompt: Prompt
    seed: int
    status: Status
    reason: str | None
    image: Path | None
    seconds: float | None
    cost: Mapping[str, float]
    values: Mapping[str, float | None]
    read: Mapping[str, Any]
    satisfied: Mapping[str, bool]


def records(run: Opened) -> Iterator[Record]:
    """Every planned sample, in the order of the plan."""
    for sample in run.samples:
        row = run.rows.get(sample.id)
        scores = {name: seen[sample.id] for name, seen in run.scores.items() if sample.id in seen}
        graph = scores.get(GRAPH)
        evidence = graph.evidence if graph is not None and graph.status == "ok" else {}
        status, reason = _status(run, row.error if row else None, row is None, scores)
        yield Record(
            id=sample.id,
            prompt=sample.prompt,
            seed=sample.job.seed,
            status=status,
            reason=reason,
            image=run.folder / row.image if row is not None and row.image is not None else None,
            seconds=None if row is None else row.seconds,
            cost={} if row is None else row.cost,
            values={
                metric_name(scorer, value): number
                for scorer, score in scores.items()
                if score.status == "ok"
                for value, number in score.values.items()
            },
            read=evidence.get("graph", {}),
            satisfied={one["id"]: bool(one["satisfied"]) for one in evidence.get("requirements", ())},
        )


def _status(run: Opened, error: str | None, absent: bool, scores: Mapping[str, ScoreRow]) -> tuple[Status, str | None]:
    if absent:
        return "owed", None
    if error is not None:
        return "error", error
    for wanted in ("error", "unscored"):
        for score in scores.values():
            if score.status == wanted:
                return score.status, score.reason
    return ("ok", None) if len(scores) == len(run.scores) else ("owed", None)
