"""What every verb that ends a run does: write its page, say what came of it, leave with its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rlrig_eval.runs import Run


def leave_run(run: Run, as_json: bool) -> NoReturn:
    """Leave; the page is `report.html` in the run's folder once every share of the run is in."""
    from rlrig_eval.cli.tables import say_result
    from rlrig_eval.report import page

    if run.whole:
        page([run.folder], run.folder / "report.html")
    say_result(run, as_json)
    raise typer.Exit(run.exit_code)
