"""What becomes of the rows when the work is done: summary, timing, status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rlrig_eval.atomic import replace_json
from rlrig_eval.errors import Exit
from rlrig_eval.runs.config import RunConfig, Status
from rlrig_eval.runs.latest import read_run
from rlrig_eval.runs.plan import Batch, Sample
from rlrig_eval.runs.rows import SampleRow, peaks
from rlrig_eval.runs.store import read_document
from rlrig_eval.runs.summary import Rows, ScorerRows, falls_short, judge_short, summarise
from rlrig_eval.runs.writing import alone
from rlrig_eval.suite import Suite


@dataclass(frozen=True)
class Run:
    """A run folder after work on it.

    `summary` is the content of ``summary.json`` or, while other shards are out, that of this process's share.
    `shortfall` says why the run ends in exit 1, if it does.
    """

    folder: Path
    config: RunConfig
    summary: Mapping[str, Any]
    shortfall: str | None

    @property
    def exit_code(self) -> Exit:
        return Exit.OK if self.shortfall is None else Exit.RUN

    @property
    def whole(self) -> bool:
        return self.config.status == "finished"


def finish(folder: Path, suite: Suite, batches: Sequence[Batch], share: Sequence[Batch], **known: Any) -> Run:
    """Write summary and timing if every planned sample of `batches` is in with its scores, and the status in any case.

    Args:
        share: the batches that this process answers for.
        known: fields of the run's record, as in `with_status`.
    """
    planned, own = samples_of(batches), samples_of(share)
    with alone(folder):  # of two shards that end together, the one that read first might else write last
        config = _record(folder).model_copy(update=known)
        rows, scores = read_run(folder, config.row_names)
        whole = _whole(planned, rows, scores)
        summary = summarise(config, planned if whole else own, rows, scores)
        if whole:
            replace_json(folder / "timing.json", timing([rows[sample.id] for sample in planned]))
            replace_json(folder / "summary.json", summary)
        config = _written(folder, config.model_copy(update={"status": "finished" if whole else "partial"}))
    short = (
        config.distrust
        or judge_short(config, own, rows, scores)
        or falls_short(suite, own, rows, list(scores.values()))
    )
    return Run(folder, config, summary, short)


def with_status(folder: Path, status: Status, **known: Any) -> RunConfig:
    """The run's record with that status and the fields that are `known` now, also on disk.

    The other fields stay as they are there: what another process of the run has noted is not taken back.
    """
    with alone(folder):
        return _written(folder, _record(folder).model_copy(update={"status": status, **known}))


def begun(folder: Path, config: RunConfig) -> RunConfig:
    """The record of the run in `folder`: `config`, written, where there is none."""
    with alone(folder):
        return _record(folder) if (folder / "run.json").exists() else _written(folder, config)


def _record(folder: Path) -> RunConfig:
    return read_document(folder / "run.json", RunConfig)


def _written(folder: Path, config: RunConfig) -> RunConfig:
    replace_json(folder / "run.json", config.dump())
    return config


def _whole(planned: Sequence[Sample], rows: Rows, scores: ScorerRows) -> bool:
    """Every sample is in and, where it has a picture, every scorer and judge has had its say on it."""

    def done(sample: Sample) -> bool:
        row = rows.get(sample.id)
        return row is not None and (row.status != "ok" or all(sample.id in seen for seen in scores.values()))

    return all(map(done, planned))


def timing(rows: Sequence[SampleRow]) -> dict[str, Any]:
    """The content of ``timing.json``: seconds of drawing, and the most memory in MiB that the batch of a sample took.

    A resumed run adds up what its pictures took.
    """
    seconds = [row.seconds for row in rows]
    return {
        "schema": 1,
        "samples": len(seconds),
        "draw_seconds": sum(seconds),
        "seconds_per_sample": {"mean": sum(seconds) / len(seconds), "median": median(seconds)},
        "peak_mib_per_sample": {
            name: {"mean": sum(found) / len(found), "max": max(found)} for name, found in peaks(rows).items()
        },
    }


def samples_of(batches: Sequence[Batch]) -> list[Sample]:
    """The samples of batches, in order."""
    return [sample for batch in batches for sample in batch.samples]
