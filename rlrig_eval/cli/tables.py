"""What verbs print: short tables on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from rlrig_eval.runs import Run


def say_result(run: Run, as_json: bool) -> None:
    """What came of a run: a table, or its summary as JSON; a warning on standard error if it fell short."""
    if as_json:
        print(json.dumps(run.summary, indent=2))
    else:
        print_run(run)
    if run.shortfall is not None:
        print(f"warning: {run.shortfall}", file=sys.stderr)


def print_run(run: Run) -> None:
    """The metrics of a run with their intervals, and its coverage beside them."""
    covered = run.summary["coverage"]
    console = Console()
    if run.config.distrust is not None:
        console.print(run.config.distrust, style="bold red", markup=False, soft_wrap=True)
    table = Table(title=f"{run.config.model.name} on {run.config.suite.name} ({run.config.suite.split})")
    for column, side in (
        ("metric", "left"),
        ("mean", "right"),
        ("95 % interval", "right"),
        ("prompts", "right"),
    ):
        table.add_column(column, justify=side)  # type: ignore[arg-type]
    for metric, found in run.summary["metrics"].items():
        table.add_row(metric, number(found["mean"]), interval(found), str(found["n"]))
    console.print(table)
    console.print(
        f"{covered['ok']}/{covered['planned']} scored, {covered['error']} in error, {covered['unscored']} unscored"
    )
    if not run.whole:
        console.print(f"this share is in; `rlrig-eval score {run.folder}` merges when all are")
        console.print(f"run folder: {run.folder}", soft_wrap=True)
    else:
        console.print(f"run folder: {run.folder}, every picture: {run.folder / 'report.html'}", soft_wrap=True)


def number(value: float | None) -> str:
    """
    >>> number(0.5), number(None)
    ('0.500', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def interval(found: Mapping[str, Any]) -> str:
    """
    >>> interval({"ci95": [0.25, 0.75]}), interval({"ci95": [None, None]})
    ('0.250 to 0.750', '–')
    """
    low, high = found["ci95"]
    return "–" if low is None else f"{number(low)} to {number(high)}"
