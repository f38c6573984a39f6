"""rlrig-eval check: the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    baseline: Annotated[Path, typer.Option(help="A file that `baseline write` made.")],
    strict: Annotated[bool, typer.Option("--strict", help="Inconclusive fails too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Hold a run against a baseline: pass, inconclusive or fail, by the rule in the baseline's file."""
    from json import dumps

    from rlrig_eval.cli.tables import number
    from rlrig_eval.errors import GateFailed
    from rlrig_eval.runs.baseline import Baseline, held_against
    from rlrig_eval.runs.opened import open_run
    from rlrig_eval.runs.store import read_document

    reference = read_document(baseline, Baseline)
    verdict = held_against(open_run(run), reference)
    rule = reference.rule
    line = (
        f"{verdict.verdict}: {rule.metric} {number(verdict.mean)} against {reference.model}, "
        f"one-sided bounds {number(verdict.lower)} and {number(verdict.upper)}, delta {rule.delta}, "
        f"{verdict.n} prompts (at least {rule.least_n})"
    )
    typer.echo(dumps(verdict.as_dict(), indent=2) if json else line)
    if verdict.verdict == "fail" or (strict and verdict.verdict == "inconclusive"):
        raise GateFailed(line)
    if verdict.verdict == "inconclusive":
        typer.echo("warning: inconclusive; more prompts or seeds would tell", err=True)
