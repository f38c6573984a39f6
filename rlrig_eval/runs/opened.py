"""A run folder read back: what it was to do, and the rows that are in."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from weakref import WeakValueDictionary

from rlrig_eval.errors import UsageError
from rlrig_eval.judges import JudgeSpec
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.finish import samples_of
from rlrig_eval.runs.judging import Asked
from rlrig_eval.runs.latest import read_run
from rlrig_eval.runs.plan import Batch, Sample
from rlrig_eval.runs.request import Request, planned
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.store import read_document
from rlrig_eval.runs.summary import PromptScores, prompt_scores
from rlrig_eval.suite import Suite, load

_OPEN: WeakValueDictionary[bytes, Suite] = WeakValueDictionary()


@dataclass(frozen=True)
class Opened:
    """A run as its folder tells it; rows by sample id, scores of their pictures by scorer and sample id."""

    folder: Path
    config: RunConfig
    suite: Suite
    rows: Mapping[str, SampleRow]
    scores: Mapping[str, Mapping[str, ScoreRow]]

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        return planned(self.config, self.suite)

    @cached_property
    def samples(self) -> list[Sample]:
        """Every planned sample, in the order of the plan."""
        return samples_of(self.batches)

    @cached_property
    def prompt_scores(self) -> PromptScores:
        return prompt_scores(self.samples, self.scores)

    @property
    def groups(self) -> dict[str, str]:
        """Prompt id -> group, the unit of every interval."""
        return {prompt.id: prompt.group for prompt in self.suite.prompts}


def open_run(folder: Path) -> Opened:
    """The run in `folder`, finished or not.

    Raises:
        UsageError: the folder is no run, or a file in it is damaged.
    """
    if not (folder / "run.json").is_file():
        raise UsageError(f"{folder}: not a run folder (there is no run.json in it)")
    config = read_document(folder / "run.json", RunConfig)
    with _without_collector():
        rows, scores = read_run(folder, config.row_names)
        return Opened(folder, config, suite_of(folder, config), rows, scores)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing that is read is a cycle, and looking for one takes three quarters of the time of reading a large run."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def suite_of(folder: Path, config: RunConfig) -> Suite:
    """The suite of a run: the copy beside ``run.json`` or, where there is none, by the name it was given.

    Raises:
        UsageError: there is no such suite any more, or it is not the one that was run.
    """
    copy = folder / "suite.json"
    if copy.is_file():
        suite = _shared(copy)
    elif config.suite.source is not None:
        suite = load(config.suite.source)
    else:
        raise UsageError(f"{folder}: suite.json is missing, and the run does not name a suite to load instead")
    if suite.sha256 != config.suite.sha256:
        raise UsageError(f"{folder}: the suite {suite.name!r} is not the one that was run (its hash differs)")
    return suite


def _shared(copy: Path) -> Suite:
    """The suite in a file; runs of one suite that are open together share it, for it is the largest part of them."""
    content = _digest(copy)
    suite = _OPEN.get(content) or read_document(copy, Suite)
    _OPEN[content] = suite
    return suite


def _digest(path: Path) -> bytes:
    try:
        return sha256(path.read_bytes()).digest()
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read: {problem.strerror or problem}") from None


def request_of(path: Path) -> Request:
    """The request that a ``run.json`` records, so that the run can be done again.

    Raises:
        UsageError: the file or the suite that it names cannot be used.
    """
    config = read_document(path, RunConfig)
    from_file = config.model.adapter.rpartition(":")[0].endswith(".py")
    return Request(
        suite=suite_of(path.parent, config),
        model=config.model.adapter if from_file else config.model.name,
        options=config.model.options,
        settings=config.model.settings or {},
        extractor=config.extractor.source,
        extractor_options={**config.extractor.options, **config.extractor.traffic},
        seeds=config.protocol.seeds,
        variant=config.protocol.variant,
        limit=config.limit,
        batch_size=config.batch_size,
        executor=config.executor,
        scorers=config.scorers,
        judges=tuple(as_asked(judge) for judge in config.judges),
    )


def as_asked(judge: JudgeSpec) -> Asked:
    """How a user asks for a recorded judge."""
    from_file = judge.adapter.rpartition(":")[0].endswith(".py")
    words = {"rubric": judge.rubric.partition("/")[0]} if judge.rubric else {}
    return judge.adapter if from_file else judge.name, {**judge.options, **judge.traffic, **words, "name": judge.slug}
