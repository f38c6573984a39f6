"""Finished run folders, read for a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from rlrig_eval.errors import UsageError
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs import open_run
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.store import read_document


class Excerpt(BaseModel):
    """The part of a document that a report needs; what writes the document may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Summary(Excerpt):
    """What a report takes from ``summary.json``."""

    settings: dict[str, Any]
    coverage: dict[str, int]
    metrics: dict[str, Estimate]
    by_tag: dict[str, dict[str, Estimate]]
    cost: dict[str, float | None]


class SecondsPerSample(Excerpt):
    mean: float


class Timing(Excerpt):
    """What a report takes from ``timing.json``: seconds of drawing."""

    seconds_per_sample: SecondsPerSample


@dataclass(frozen=True)
class Contestant:
    """One run in a report, under a `label` that no other run of the report has."""

    label: str
    run: Opened
    summary: Summary
    timing: Timing

    @property
    def suite(self) -> str:
        """Name, version and split."""
        suite = self.run.suite
        return f"{suite.name} {suite.version} {suite.split}"


def read_runs(folders: Sequence[Path]) -> list[Contestant]:
    """The runs in `folders`, in that order.

    Raises:
        UsageError: no folder, the same one twice, one that is no run, or one that is not finished.
        UnreadableFile: a file of a run is not what it should be.
    """
    paths = [Path(folder) for folder in folders]
    if not paths:
        raise UsageError("name at least one run folder")
    for path in paths:
        if sum(path.resolve() == other.resolve() for other in paths) > 1:
            raise UsageError(f"{path}: the run is named twice")
    runs = [open_run(path) for path in paths]
    return [_contestant(label, run) for label, run in zip(_labels(runs), runs, strict=True)]


def _contestant(label: str, run: Opened) -> Contestant:
    summary, timing = run.folder / "summary.json", run.folder / "timing.json"
    if not summary.is_file():
        raise UsageError(
            f"{run.folder}: the run is not finished (there is no summary.json); its command goes on with it"
        )
    return Contestant(label, run, read_document(summary, Summary), read_document(timing, Timing))


def _labels(runs: Sequence[Opened]) -> list[str]:
    """The model's name; where two runs share it, with the folder's name, and if need be with its path."""
    models = [run.config.model.name for run in runs]
    folders = [f"{model} ({run.folder.resolve().name})" for model, run in zip(models, runs, strict=True)]
    paths = [f"{model} ({run.folder})" for model, run in zip(models, runs, strict=True)]
    return [
        next(names[i] for names in (models, folders, paths) if names.count(names[i]) == 1) for i in range(len(runs))
    ]
