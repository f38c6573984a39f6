"""rlrig-eval report: the leaderboard of runs, or a paper's tables beside them, for a terminal or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, baseline files, or folders of either."),
    ],
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="md|tex|csv|html|json", help="Instead of a terminal's table."),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="Metrics and costs to show, in that order.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Which one the others are paired with; else the first.")
    ] = None,
    max_images: Annotated[float | None, typer.Option(help="Leave out runs that draw more images a sample.")] = None,
    max_evals: Annotated[float | None, typer.Option(help="Or take more denoiser evaluations a sample.")] = None,
    budget_of: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Then again, only what costs no more than this one.")
    ] = None,
    paper: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A paper's tables: published beside measured.")
    ] = None,
) -> None:
    """Rank runs: scores with intervals, rank, cost, time and coverage. With --paper: that paper's tables again."""
    from rlrig_eval.errors import UsageError
    from rlrig_eval.report.cut import Cut
    from rlrig_eval.report.entry import read_entries
    from rlrig_eval.report.paper import load_paper, paper_tables
    from rlrig_eval.report.ranking import at_equal_budget, rank
    from rlrig_eval.report.render import html_page, render_table, render_tables

    wanted = format_ or "terminal"
    if paper is not None:
        if any(flag is not None for flag in (columns, reference, max_images, max_evals, budget_of)):
            raise UsageError("--paper has its own rows and columns: leave the flags of the leaderboard away")
        title, text = paper, render_tables(paper_tables(load_paper(paper), runs), wanted)
    else:
        names = None if columns is None else [name.strip() for name in columns.split(",")]
        entries = read_entries(runs)
        board = rank(entries, names, Cut(max_images, max_evals), reference)
        title = board.title
        if budget_of is None:
            text = render_table(board, wanted)
        else:
            text = render_tables([board, *at_equal_budget(entries, budget_of, names, reference)], wanted)
    typer.echo(html_page(title, text) if wanted == "html" else text, nl=False)
