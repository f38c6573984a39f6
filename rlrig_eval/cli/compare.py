"""rlrig-eval compare: two runs or more, paired by prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN_A RUN_B...", help="Run folders; differences are A - B, for each B."),
    ],
    force: Annotated[bool, typer.Option("--force", help="Compare what is not comparable; the output says so.")] = False,
    metric: Annotated[str, typer.Option(help="Whose tags and changed prompts are listed.")] = "all_correct",
    format_: Annotated[str, typer.Option("--format", metavar="terminal|md|json", help="How to print it.")] = "terminal",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    page: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a page with the pictures of every prompt that changed side."),
    ] = None,
) -> None:
    """Compare runs on the prompts that both have scored, with intervals that resample whole groups.

    Metrics, tags, and the prompts that are right in one run alone. Leaves with 4 when suite, protocol, extractor
    or judges differ.
    """
    from rlrig_eval.report.comparison import render_comparisons, stamps, write_page
    from rlrig_eval.runs.compare import compare
    from rlrig_eval.runs.opened import open_run

    found = compare([open_run(run) for run in runs], metric, force)
    typer.echo(render_comparisons(found, "json" if json else format_), nl=False)
    for stamp in stamps(found):
        typer.echo(f"warning: {stamp}", err=True)
    if page is not None:
        typer.echo(f"wrote {write_page(found, page)}", err=True)
