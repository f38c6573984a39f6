"""rlrig-eval run: draw, read back, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rlrig_eval.cli import values
from rlrig_eval.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from rlrig_eval.runs import Request
    from rlrig_eval.runs.request import Settled

Pairs = list[str] | None


def run(
    suite: Annotated[str | None, typer.Option(help="A suite (NAME, NAME:dev, a path), or a benchmark.")] = None,
    suite_path: Annotated[
        Path | None, typer.Option(help="The file or folder of a suite, or of your own download of a benchmark.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model: NAME or path/to/file.py:Class.")] = None,
    option: Annotated[Pairs, typer.Option("-M", metavar="K=V", help="An option that the model is built with.")] = None,
    setting: Annotated[Pairs, typer.Option("-G", metavar="K=V", help="A setting that the model draws with.")] = None,
    extractor: Annotated[
        str | None, typer.Option(help="What reads the pictures; by the suite's world if not given.")
    ] = None,
    extractor_option: Annotated[Pairs, typer.Option("-E", metavar="K=V", help="An option of the extractor.")] = None,
    judge: Annotated[str | None, typer.Option(help="What else judges them: NAME or path/to/file.py:Class.")] = None,
    judge_option: Annotated[Pairs, typer.Option("-J", metavar="K=V", help="An option of the judge.")] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars to spend on the judge.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=0, help="Calls of the judge to make.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Protocol seeds, inclusive: 0-3, or 0,5.")] = None,
    variant: Annotated[
        str | None, typer.Option(help="Wording of the prompts: graph gives every model the graph as triples.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many prompts.")] = None,
    shard: Annotated[str | None, typer.Option(metavar="I/N", help="Draw part I of N; `score RUN` merges.")] = None,
    executor: Annotated[str, typer.Option(help="local, or ray.")] = "local",
    batch_size: Annotated[str, typer.Option(metavar="auto|N", help="Pictures drawn at once.")] = "auto",
    config: Annotated[Path | None, typer.Option(help="The run.json of a run to do again.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder; a run begun there goes on.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, load nothing.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away the run in --out and start anew.")] = False,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="First try extractor and judge on drawings of known geometry.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Draw a suite with a model, read the pictures back as scene graphs, and score them.

    The same command again goes on where it stopped.
    """
    from dataclasses import replace

    from rlrig_eval.cli.finished import leave_run
    from rlrig_eval.plugins import pairs
    from rlrig_eval.runs import execute, settle
    from rlrig_eval.runs.evaluation import default_folder
    from rlrig_eval.suite.seeds import read_seeds

    if config is not None and (suite or suite_path or model):
        raise UsageError("--config names suite and model already: leave out --suite, --suite-path and --model")
    asked = _recorded(config) if config is not None else _asked(suite, suite_path, model)
    asked_judge = values.judge(judge, judge_option or [])
    given: dict[str, Any] = {
        "judges": None if asked_judge is None else (asked_judge,),
        "max_calls": max_calls,
        "max_cost": max_cost,
        "extractor": extractor,
        "seeds": None if seeds is None else read_seeds(seeds),
        "variant": variant,
        "limit": limit,
        "shard": None if shard is None else values.shard(shard),
        "batch_size": None if batch_size == "auto" else values.batch_size(batch_size),
    }
    settled = settle(
        replace(
            asked,
            options={**asked.options, **pairs(option or [], "-M")},
            extractor_options=_reader_options(asked, extractor, pairs(extractor_option or [], "-E")),
            settings={**asked.settings, **pairs(setting or [], "-G")},
            executor=executor,
            **{name: value for name, value in given.items() if value is not None},
        )
    )
    folder = out or default_folder(settled.config)
    if dry_run:
        _say_plan(settled, folder, json)
        return
    try:
        done = execute(settled, folder, fresh=fresh, progress=True, calibrate=calibrate)
    except KeyboardInterrupt:
        if not folder.exists():
            raise
        again = "" if out is not None else f" with --out {folder}"
        raise Interrupted(f"{folder} keeps what is there; the same command{again} goes on") from None
    leave_run(done, json)


def _asked(suite: str | None, suite_path: Path | None, model: str | None) -> Request:
    from rlrig_eval.runs import Request
    from rlrig_eval.suite import importers, load

    if model is None:
        raise UsageError("which model? give --model NAME (`rlrig-eval list models` shows them)")
    if suite is not None and suite_path is not None and importers.named(suite):
        return Request(suite=load(suite, suite_path), model=model)
    if suite_path is not None:
        return Request(suite=_at(suite_path, suite), model=model)
    if suite is None:
        raise UsageError("which suite? give --suite NAME (`rlrig-eval list suites` shows them)")
    return Request(suite=suite, model=model)


def _at(path: Path, asked: str | None) -> str:
    """A suite's file or folder, with the split that is asked for; UsageError when the suite there is called otherwise.

    Of a path where there is nothing the loader says so.
    """
    from rlrig_eval.suite import importers

    name, _, split = (asked or "").partition(":")
    if asked is not None and path.exists() and name not in (own := _names_at(path)):
        misspelt = UsageError.unknown("suite", name, own or importers.names())
        if own and "did you mean" not in str(misspelt):
            raise UsageError(f"unknown suite {name!r}: the suite in {path} is called {own[0]!r}")
        raise misspelt
    return f"{path}:{split}" if split else str(path)


def _names_at(path: Path) -> list[str]:
    """What the suite at a path is called; nothing where there is another file, such as a benchmark's download."""
    from rlrig_eval.suite.documents import read_yaml
    from rlrig_eval.suite.loader import Header

    header = path / "suite.yaml" if path.is_dir() else path
    if header.suffix not in (".yaml", ".yml") or not header.is_file():
        return []
    return [read_yaml(header, Header).name]


def _reader_options(asked: Request, extractor: str | None, given: dict[str, str]) -> dict[str, Any]:
    """The `-E` options, merged over those of the recorded run unless it was read by another extractor."""
    recorded = asked.extractor_options if extractor in (None, asked.extractor) else {}
    return {**recorded, **given}


def _recorded(config: Path) -> Request:
    from rlrig_eval.runs.opened import request_of

    return request_of(config)


def _say_plan(settled: Settled, folder: Path, as_json: bool) -> None:
    from json import dumps

    from rlrig_eval.models import needs

    plan = {
        "out": str(folder),
        "samples": sum(len(batch.samples) for batch in settled.share),
        "batches": len(settled.share),
        "run": settled.config.dump(),
    }
    if as_json:
        typer.echo(dumps(plan, indent=2))
        return
    config = settled.config
    lines = {
        "suite": f"{config.suite.name} {config.suite.version} ({config.suite.split})",
        "model": f"{config.model.name} ({config.model.adapter})",
        "options": config.model.options,
        "settings": config.model.settings,
        "extractor": f"{config.extractor.name} {config.extractor.version}",
        "judges": ", ".join(f"{one.slug} ({one.name}, {one.rubric})" for one in config.judges) or "none",
        "seeds": ", ".join(map(str, config.protocol.seeds)),
        "variant": config.protocol.variant,
        "draws": f"{plan['samples']} pictures in {plan['batches']} batches of up to {config.batch_size}",
        "out": folder,
    }
    for name, value in lines.items():
        typer.echo(f"{name:>10}  {value}")
    for line in needs(settled.spec):
        typer.echo(f"{'memory':>10}  {line}")
