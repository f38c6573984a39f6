"""rlrig-eval score: score a run again, add a scorer, merge shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def score(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    scorer: Annotated[str | None, typer.Option(help="A scorer: NAME or path/to/file.py:function.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Score the pictures of a run: what has no score yet or, with --scorer, all of them by that one.

    Merges the shards of a run into one.
    """
    from rlrig_eval.cli.finished import leave_run
    from rlrig_eval.runs.rescore import rescore

    leave_run(rescore(run, scorer, progress=True), json)
