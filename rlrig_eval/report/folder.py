"""Finished run folders, read for a report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs import open_run
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.opened import Opened, suite_of
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.store import (
    Row,
    current,
    latest_samples,
    latest_scores,
    read_document,
    samples_files,
    scores_files,
)


class Excerpt(BaseModel):
    """The part of a document that a report needs; what writes the document may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Planned(Excerpt):
    prompts: int


class Summary(Excerpt):
    """What a report takes from ``summary.json``."""

    suite: Planned
    settings: dict[str, Any]
    coverage: dict[str, int]
    metrics: dict[str, Estimate]
    by_tag: dict[str, dict[str, Estimate]]
    cost: dict[str, float | None]


class SecondsPerSample(Excerpt):
    mean: float


class Peak(Excerpt):
    max: float


class Timing(Excerpt):
    """What a report takes from ``timing.json``: seconds of drawing, and memory in MiB by where it is (ram, gpu)."""

    seconds_per_sample: SecondsPerSample
    peak_mib_per_sample: dict[str, Peak] = Field(default_factory=dict)  # older runs do not say

    @property
    def peak_mib(self) -> dict[str, float]:
        """The most that any batch took."""
        return {where: peak.max for where, peak in self.peak_mib_per_sample.items()}


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


def read_runs(folders: Sequence[Path], limit: int | None = None) -> list[Contestant]:
    """The runs in `folders`, in that order.

    Args:
        limit: read the rows of the first so many prompts of each suite alone, whose order is a stratified one.

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
    runs = [open_run(path) if limit is None else _head(path, limit) for path in paths]
    return [_contestant(label, run) for label, run in zip(_labels(runs), runs, strict=True)]


def _head(folder: Path, limit: int) -> Opened:
    """The first `limit` prompts of a run; lines of others are passed over unread, which is what takes the time."""
    if not (folder / "run.json").is_file():
        raise UsageError(f"{folder}: not a run folder (there is no run.json in it)")
    config = read_document(folder / "run.json", RunConfig)
    config = config.model_copy(update={"limit": limit if config.limit is None else min(limit, config.limit)})
    suite = suite_of(folder, config)
    wanted = {prompt.id for prompt in suite.prompts[:limit]}
    rows = latest_samples(folder, (_rows(path, SampleRow, wanted) for path in samples_files(folder)))
    seen = {
        name: latest_scores(folder, (_rows(path, ScoreRow, wanted) for path in scores_files(folder, name)))
        for name in config.row_names
    }
    scores = {name: current(rows, said) for name, said in seen.items()}
    return Opened(folder, config, suite, rows, scores)


def _rows(path: Path, model: type[Row], wanted: Collection[str]) -> Iterator[Row]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            prompt = line[len(_ID) : line.find(b"#", len(_ID))].decode("utf-8", "replace")
            if not line.endswith(b"\n") or (line.startswith(_ID) and prompt not in wanted):
                continue
            try:
                yield model.model_validate_json(line)
            except ValidationError as problem:
                raise UnreadableFile.invalid(problem, model, path=path, line=number) from None


_ID = b'{"id":"'  # how every row begins that this harness wrote


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
