"""`evaluate`: a suite and a model in, a finished run folder out. The Python face of ``rlrig-eval run``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rlrig_eval.atomic import replace_text
from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.extract import opened
from rlrig_eval.models import Generator
from rlrig_eval.plugins import loading
from rlrig_eval.plugins.redaction import redacted
from rlrig_eval.runs import calibration
from rlrig_eval.runs.calibration_record import Calibration
from rlrig_eval.runs.config import RunConfig, Status, check_same, check_settings
from rlrig_eval.runs.executors import executor
from rlrig_eval.runs.finish import Run, begun, finish, samples_of, with_status
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.progress import bar
from rlrig_eval.runs.provenance import with_gpus
from rlrig_eval.runs.request import Request, Settled, settle, wholes
from rlrig_eval.runs.store import prepare
from rlrig_eval.suite import Suite


def evaluate(
    suite: str | Path | Suite,
    model: str | Generator,
    *,
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    extractor: str | None = None,
    extractor_options: Mapping[str, Any] | None = None,
    judge: str | None = None,
    judge_options: Mapping[str, Any] | None = None,
    max_calls: int | None = None,
    max_cost: float | None = None,
    seeds: Sequence[int] | None = None,
    variant: str | None = None,
    limit: int | None = None,
    shard: tuple[int, int] | None = None,
    batch_size: int | Literal["auto"] = "auto",
    out: str | Path | None = None,
    fresh: bool = False,
    progress: bool = False,
    calibrate: bool = False,
) -> Run:
    """Draw a suite's prompts with a model, read the pictures back, score them.

    Args:
        suite: a name ("spatial", "spatial:dev"), a path, or a Suite.
        model: a name, ``path/to/file.py:Class``, or an object with `generate` and `settings`.
        options: what the model is built with; settings: what it draws with, merged over its file's.
        extractor: what reads the pictures; by default the one for the suite's world. extractor_options: what it is
            built with.
        judge: what else judges them, by name; judge_options: what it is built with, `name` and `rubric` included.
        max_calls, max_cost: how many calls, and US dollars, this process may spend on the judge.
        seeds: protocol seeds; the suite's by default. limit: only the first so many prompts.
        variant: the wording of the prompts: the suite's own by default, or "graph", each graph as a line of triples.
        shard: (i, n) draws the i-th of n parts, counted from 1.
        batch_size: pictures drawn at once.
        out: the run folder; runs/<suite>-<model>-<time> by default. A run that was begun there is resumed.
        fresh: throw away the run in `out` and start anew.
        progress: show a bar on standard error.
        calibrate: first try extractor and judge on drawings with known geometry, and note it in ``run.json``; a chain
            that fails does not stop the drawing.

    Raises:
        UsageError: found before the first sample: a wrong name, value, file or folder.
        RunError: a file could not be written while the run was on.
    """
    request = Request(
        suite=suite,
        model=model,
        options=options or {},
        settings=settings or {},
        extractor=extractor,
        extractor_options=extractor_options or {},
        seeds=None if seeds is None else wholes("--seeds", seeds, 0),
        variant=variant,
        limit=limit,
        shard=None if shard is None else _shard(shard),
        batch_size=batch_size,
        judges=() if judge is None else ((judge, judge_options or {}),),
        max_calls=max_calls,
        max_cost=max_cost,
    )
    settled = settle(request)
    return execute(
        settled,
        Path(out) if out is not None else default_folder(settled.config),
        fresh=fresh,
        progress=progress,
        calibrate=calibrate,
    )


def _shard(asked: tuple[int, int]) -> Shard:
    numbers = wholes("--shard", asked, 1)
    if len(numbers) != 2:
        raise UsageError(f"--shard {asked!r}: not (i, n)")
    return Shard(*numbers)


def execute(
    settled: Settled, folder: Path, *, fresh: bool = False, progress: bool = False, calibrate: bool = False
) -> Run:
    """Do, or go on with, a settled run in `folder`. Errors as in `evaluate`."""
    if fresh and settled.shard is not None:
        raise UsageError(f"--fresh with --shard would take away the other shards' work in {folder}: name another --out")
    prepare(folder, fresh)
    config = _begun(settled, folder)
    # A run that is there keeps its status when it cannot go on; one that never drew is not left as "started".
    with recorded(folder) if config.status == "started" else nullcontext():
        generator = settled.generator()
        with loading(f"extractor {config.extractor.name}"):
            opened(settled.scoring.extractor)
        config = _described(config, generator, folder)
    own = samples_of(settled.share)
    draw = executor(config.executor)
    with (
        recorded(folder),
        bar(f"{config.suite.name} · {config.model.name}", len(own), progress) as advance,
    ):
        config = with_status(folder, "started", settings=config.settings, provenance=config.provenance)
        if calibrate and config.calibration is None:  # a run that goes on keeps the one that it began with
            with_status(folder, "started", calibration=_calibrated(settled))
        draw(settled.share, generator, settled.scoring, folder, settled.shard, advance)
        return finish(folder, settled.suite, settled.batches, settled.share)


def default_folder(config: RunConfig) -> Path:
    """runs/<suite>-<model>-<time>, of the current directory."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Path("runs") / f"{config.suite.name}-{config.model.name}-{stamp}"


def _begun(settled: Settled, folder: Path) -> RunConfig:
    """The run's record: the one in the folder when it is of the same run, else a new one, written first."""
    config = begun(folder, settled.config)
    check_same(config, settled.config, folder)
    if not (folder / "suite.json").exists():  # in a run that was begun too: a kill may have come between the two
        replace_text(folder / "suite.json", settled.suite.model_dump_json(exclude_defaults=True) + "\n")
    return config


def _described(config: RunConfig, generator: Generator, folder: Path) -> RunConfig:
    """The record with what the model, once loaded, says of itself, without secrets.

    Raises:
        UsageError: it says otherwise than when the run was begun (its weights were trained on, say).
    """
    with loading(f"model {config.model.name!r}"):
        settings = redacted(json.loads(json.dumps(dict(generator.settings), default=str)))
    described = config.model_copy(update={"settings": settings})
    if config.settings is not None:
        check_settings(config, described, folder)
        return described
    return described.model_copy(update={"provenance": with_gpus(config.provenance)})


def _calibrated(settled: Settled) -> Calibration:
    judging = settled.scoring.judging
    return calibration.calibrate(settled.reader, judging.specs, budget=judging.budget())


@contextmanager
def recorded(folder: Path) -> Iterator[None]:
    """What ends work on a run early is noted in ``run.json``; trouble with the disk becomes a RunError."""

    def note(status: Status) -> None:
        with suppress(OSError, UsageError):  # a full disk must not hide what went wrong
            with_status(folder, status)

    try:
        yield
    except KeyboardInterrupt:
        note("interrupted")
        raise
    except OSError as problem:
        note("failed")
        raise RunError(
            f"{folder}: cannot write: {problem.strerror or problem}; "
            "what is there is kept, and the same command goes on"
        ) from problem
    except BaseException:
        note("failed")
        raise
