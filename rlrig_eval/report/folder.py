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
from rlrig_eval.runs.latest import Row, current, latest_samples, latest_scores
from rlrig_eval.runs.opened import Opened, suite_of
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.store import read_document, samples_files, scores_files


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
    coverage_by_scorer: dict[str, dict[str, int]]
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
    called = labels(paths, [run.config.model.name for run in runs])
    return [
        Contestant(label, run, *read_results(run.folder, run.config)) for label, run in zip(called, runs, strict=True)
    ]


def read_results(folder: Path, config: RunConfig) -> tuple[Summary, Timing]:
    """Summary and timing of a run. They are those of its rows once it is finished: while one goes on, rows run ahead.

    Raises:
        UsageError: the run is not finished.
    """
    summary = folder / "summary.json"
    if config.status != "finished" or not summary.is_file():
        why = "there is no summary.json" if config.status == "finished" else f"it is {config.status}"
        raise UsageError(
            f"{folder}: the run is not finished ({why}); its command goes on with it, and so does "
            f"`rlrig-eval score {folder}` once all is drawn"
        )
    return read_document(summary, Summary), read_document(folder / "timing.json", Timing)


def labels(paths: Sequence[Path], models: Sequence[str]) -> list[str]:
    """The model's name; where two results share it, with the name of the folder or file, and if need be its path."""
    names = [
        f"{model} ({path.resolve().name.removesuffix('.json')})" for model, path in zip(models, paths, strict=True)
    ]
    full = [f"{model} ({path})" for model, path in zip(models, paths, strict=True)]
    return [next(of[i] for of in (models, names, full) if of.count(of[i]) == 1) for i in range(len(models))]


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
