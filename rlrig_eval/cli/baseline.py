"""rlrig-eval baseline write: a finished run becomes the file that later runs are held against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def write(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run folder.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    metric: Annotated[str, typer.Option(help="What the gate watches.")] = "all_correct",
    delta: Annotated[float, typer.Option(min=0, max=1, help="The fall that the gate forgives.")] = 0.05,
    least_n: Annotated[int, typer.Option(min=1, help="With fewer shared prompts the gate says inconclusive.")] = 50,
    exact: Annotated[
        bool, typer.Option("--exact", help="For deterministic parts: no score may change at all.")
    ] = False,
) -> None:
    """Write the per-prompt scores of a finished run, how it was made, and the gate's rule, to a file."""
    from rlrig_eval.atomic import replace_json
    from rlrig_eval.errors import UsageError
    from rlrig_eval.runs.baseline import Rule, baseline_of
    from rlrig_eval.runs.opened import open_run

    rule = Rule(gate="exact" if exact else "statistical", metric=metric, delta=delta, least_n=least_n)
    opened = open_run(run)
    made = baseline_of(opened, rule)
    try:
        replace_json(out, made.model_dump(mode="json", by_alias=True))
    except OSError as problem:
        raise UsageError(f"{out}: cannot write there: {problem.strerror or problem}") from None
    if opened.config.distrust is not None:
        typer.echo(f"warning: {opened.config.distrust}", err=True)
    held = "exact" if exact else f"delta {delta}"
    typer.echo(f"wrote {out}: {metric} of {made.model} on {len(made.prompts[metric])} prompts, {held}")
