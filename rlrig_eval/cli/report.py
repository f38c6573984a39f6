"""rlrig-eval report: the leaderboard of runs, or a paper's tables beside them, for a terminal or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders; the first is compared with.")],
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="md|tex|csv|html|json", help="Instead of a terminal's table."),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="Metrics and costs to show, in that order.")
    ] = None,
    max_images: Annotated[float | None, typer.Option(help="Leave out runs that draw more images a sample.")] = None,
    max_evals: Annotated[float | None, typer.Option(help="Or take more denoiser evaluations a sample.")] = None,
    paper: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A paper's tables: published beside measured.")
    ] = None,
) -> None:
    """Rank runs: scores with intervals, rank, cost, time and coverage. With --paper: that paper's tables again."""
    from rlrig_eval.errors import UsageError
    from rlrig_eval.report import leaderboard, render_table
    from rlrig_eval.report.cut import Cut
    from rlrig_eval.report.paper import load_paper, paper_tables, render_tables

    wanted = format_ or "terminal"
    if paper is None:
        names = None if columns is None else [name.strip() for name in columns.split(",")]
        typer.echo(render_table(leaderboard(runs, names, Cut(max_images, max_evals)), wanted), nl=False)
        return
    if columns is not None or max_images is not None or max_evals is not None:
        raise UsageError("--paper has its own rows and columns: leave --columns, --max-images and --max-evals away")
    typer.echo(render_tables(paper_tables(load_paper(paper), runs), wanted), nl=False)
