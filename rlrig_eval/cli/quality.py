"""rlrig-eval quality: how good the pictures of runs look, beside how right they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def quality(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    clip: Annotated[
        str | None, typer.Option(metavar="ID|PATH", help="The CLIP model that looks; openai/clip-vit-large-patch14.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="A run, or a folder of pictures, that distances (FID, KID) are taken to.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda")] = "auto",
    format_: Annotated[str, typer.Option("--format", metavar="terminal|md|tex|csv|html|json")] = "terminal",
) -> None:
    r"""CLIP score, zero-shot aesthetics and distances to other pictures. Needs the extra rlrig-eval\[quality]."""
    from rlrig_eval.errors import UsageError
    from rlrig_eval.report.quality.scores import require_torchmetrics
    from rlrig_eval.report.render import FORMATS, render_table

    if format_ not in FORMATS:
        raise UsageError.unknown("format", format_, FORMATS)
    require_torchmetrics()
    from rlrig_eval.report.quality.clip import DEFAULT, Clip
    from rlrig_eval.report.quality.table import quality as looked

    found = looked(runs, Clip.load(clip or DEFAULT, device), reference, progress=True)
    typer.echo(render_table(found, format_), nl=False)
