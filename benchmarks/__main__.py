"""python -m benchmarks [NAME...]: measure, print one table, write a file for each benchmark."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.measure import Result
from benchmarks.record import RESULTS, record, write
from benchmarks.table import table
from rlrig_eval.errors import Exit, UsageError, leave

BENCHMARKS = (
    "startup",
    "iou",
    "reading",
    "resume",
    "compare",
    "generation",
    "loop",
    "leaderboard",
    "first_paint",
    "judging",
    "judge_memory",
    "actor_step",
    "editor_step",
    "time_to_reward",
)
"""Each is a module of this package with a function `run`; the quick ones first."""
_NAMES = ", ".join(BENCHMARKS)


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help=_NAMES)] = None,
    out: Annotated[Path, typer.Option(help="The folder of the results.")] = RESULTS,
) -> None:
    """Measure, print one table, write a JSON file for each benchmark. Leaves with 3 if a promise is missed."""
    wanted = names or list(BENCHMARKS)
    for name in wanted:
        if name not in BENCHMARKS:
            raise UsageError.unknown("benchmark", name, BENCHMARKS)
    results: list[Result] = []
    for name in wanted:
        with Console(stderr=True).status(f"measuring {name}"):
            found = import_module(f"benchmarks.{name}").run()
        write(record(name, found), out)
        results += found
    Console().print(table(results))
    if any(result.verdict == "missed" for result in results):
        raise typer.Exit(Exit.GATE)


if __name__ == "__main__":
    leave(lambda: typer.run(main))
