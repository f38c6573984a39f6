"""rlrig-eval view: every picture of some runs, as a page or as a site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def view(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a site, DIR/index.html and what it loads, instead of RUN/report.html."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="With --bundle: show the first so many prompts, of very many.")
    ] = None,
) -> None:
    """Show every prompt, its pictures, what was read in them, and what was right and wrong.

    Without --bundle it is one file that needs nothing else, in the first run's folder; with it a folder to be served
    or sent, which loads cards and pictures as they come near and so stays quick with thousands of them.
    """
    from rlrig_eval.errors import UsageError
    from rlrig_eval.report import page, site

    if limit is not None and bundle is None:
        raise UsageError("--limit is for a site: give --bundle DIR")
    try:
        written = page(runs, runs[0] / "report.html") if bundle is None else site(runs, bundle, limit)
    except OSError as problem:
        where = problem.filename or bundle or runs[0]
        raise UsageError(f"{where}: cannot write there: {problem.strerror or problem}") from None
    typer.echo(f"wrote {written}")
