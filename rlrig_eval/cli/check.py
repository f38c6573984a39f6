"""rlrig-eval check: the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    baseline: Annotated[Path, typer.Option(help="A file that `baseline write` made.")],
    strict: Annotated[bool, typer.Option("--strict", help="Inconclusive fails too.")] = False,
    format_: Annotated[
        str, typer.Option("--format", metavar="text|json|junit|github", help="How to print the verdict.")
    ] = "text",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Hold a run against a baseline: pass, inconclusive or fail, by the rule in the baseline's file.

    A run that is not finished, or leaves unscored what the baseline scored, never passes. Leaves with 3 on a fail,
    and under --strict on an inconclusive; with 4 when the two are not comparable.
    """
    from rlrig_eval.errors import GateFailed
    from rlrig_eval.report.verdict import message, render_check, warnings
    from rlrig_eval.runs.baseline import Baseline, held_against
    from rlrig_eval.runs.opened import open_run
    from rlrig_eval.runs.store import read_document

    found = held_against(open_run(run), read_document(baseline, Baseline))
    typer.echo(render_check(found, "json" if json else format_, strict), nl=False)
    for warning in warnings(found):
        typer.echo(f"warning: {warning}", err=True)
    if found.failed(strict):
        raise GateFailed(message(found))
