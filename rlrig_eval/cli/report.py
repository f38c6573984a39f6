"""rlrig-eval report: the leaderboard of runs, for a terminal or a file."""

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
) -> None:
    """Rank runs: scores with intervals, cost, time and coverage."""
    from rlrig_eval.report import leaderboard, render_table

    typer.echo(render_table(leaderboard(runs), format_ or "terminal"), nl=False)
