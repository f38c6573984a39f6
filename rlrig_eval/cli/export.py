"""rlrig-eval export: a run in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run folder.")],
    to: Annotated[str, typer.Option(metavar="hf|inspect|every-eval-ever", help="The format.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder to write to; by default RUN/export/FORMAT.")
    ] = None,
) -> None:
    """Write a run as a Hugging Face data set, an Inspect log, or an every-eval-ever record."""
    from rlrig_eval.report.export import export

    for path in export(run, to, out):
        typer.echo(f"wrote {path}")
