"""rlrig-eval view: one page with every picture of some runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def view(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    out: Annotated[
        Path | None, typer.Option(help="The page; report.html in the first run's folder if not given.")
    ] = None,
) -> None:
    """Write a page with every prompt, its pictures, what was read in them, and what was right and wrong."""
    from rlrig_eval.report import page

    typer.echo(f"wrote {page(runs, out or runs[0] / 'report.html')}")
