"""rlrig-eval pairwise: which of two runs' pictures a judge prefers, and the ranking that makes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlrig_eval.cli import values


def pairwise(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN_A RUN_B...", help="Run folders, two or more.")],
    judge: Annotated[str, typer.Option(help="A judge that answers requests: NAME or path/to/file.py:Class.")],
    judge_option: Annotated[
        list[str] | None, typer.Option("-J", metavar="K=V", help="An option that the judge is built with.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many prompts.")] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars to spend.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=0, help="Calls to make.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder for answers and ranking; by default RUN_A/pairwise/<judge>.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="terminal|md|json", help="How to print it.")] = "terminal",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Show a judge the pictures of two runs for the same prompt and seed, in both orders, and rank the runs.

    The same command again asks for what has no answer yet. Leaves with 4 when suite or protocol differ, with 1
    when pairs stayed unscored or are in error: a picture of theirs is missing.
    """
    from rlrig_eval.errors import Exit
    from rlrig_eval.report.pairwise import render_ranking
    from rlrig_eval.runs.pairwise import rank

    asked = values.judge(judge, judge_option or [])
    if asked is None:
        raise AssertionError("typer asks for --judge")
    report = rank(runs, asked, out, limit, max_calls, max_cost, progress=True)
    typer.echo(render_ranking(report, "json" if json else format_), nl=False)
    without = {"in error": report["error"], "unscored": report["unscored"]}
    for what, why in without.items():
        if why:
            reason, planned = next(iter(why.values())), report["coverage"]["planned"]
            typer.echo(f"warning: {len(why)} of {planned} pairs {what} ({reason})", err=True)
    if any(without.values()):
        raise typer.Exit(Exit.RUN)
