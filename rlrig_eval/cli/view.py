"""rlrig-eval view: one page with every picture of some runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def view(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write DIR/index.html, to be served or sent, instead of RUN/report.html."),
    ] = None,
) -> None:
    """Write a page with every prompt, its pictures, what was read in them, and what was right and wrong.

    The page is one file that needs nothing else; without --bundle it lies in the first run's folder.
    """
    from rlrig_eval.report import page

    typer.echo(f"wrote {page(runs, bundle / 'index.html' if bundle else runs[0] / 'report.html')}")
