"""rlrig-eval score: score a run again, add a scorer, merge shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlrig_eval.cli import values


def score(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    scorer: Annotated[str | None, typer.Option(help="A scorer: NAME or path/to/file.py:function.")] = None,
    judge: Annotated[str | None, typer.Option(help="A judge: NAME or path/to/file.py:Class.")] = None,
    judge_option: Annotated[
        list[str] | None, typer.Option("-J", metavar="K=V", help="An option that the judge is built with.")
    ] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars to spend on judges.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=0, help="Calls of judges to make.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Score the pictures of a run: what has no score yet or, with --scorer, all of them by that one.

    With --judge, or when the run has a judge, the pictures without a verdict are judged. Merges the shards of a
    run into one.
    """
    from rlrig_eval.cli.finished import leave_run
    from rlrig_eval.errors import Interrupted
    from rlrig_eval.runs.rescore import rescore

    asked = values.judge(judge, judge_option or [])
    try:
        done = rescore(run, scorer, progress=True, judge=asked, max_calls=max_calls, max_cost=max_cost)
    except KeyboardInterrupt:
        raise Interrupted(f"{run} keeps what is there; the same command goes on") from None
    leave_run(done, json)
