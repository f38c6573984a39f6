"""What every verb that ends a run does: say what came of it, write its page, leave with its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rlrig_eval.runs import Run


def leave_run(run: Run, as_json: bool) -> NoReturn:
    """Leave; the page is `report.html` in the run's folder once every share of the run is in."""
    from rlrig_eval.cli.tables import say_result
    from rlrig_eval.errors import Exit, RLRIGError
    from rlrig_eval.report import page

    say_result(run, as_json)
    code = run.exit_code
    if run.whole:
        try:
            page([run.folder], run.folder / "report.html")
        except (OSError, RLRIGError) as problem:  # the work is done, and its result stands
            typer.echo(f"warning: report.html could not be written: {problem}", err=True)
            code = Exit.RUN
    raise typer.Exit(code)
