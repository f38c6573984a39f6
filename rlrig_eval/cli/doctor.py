"""rlrig-eval doctor: does this installation work, and can a chain of instruments be believed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rlrig_eval.cli import values
from rlrig_eval.errors import UsageError

if TYPE_CHECKING:
    from rlrig_eval.runs.calibration_record import Calibration

Pairs = list[str] | None


def doctor(
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Try a chain on drawings of known geometry instead.")
    ] = False,
    extractor: Annotated[str, typer.Option(help="The extractor to calibrate.")] = "shapes",
    extractor_option: Annotated[Pairs, typer.Option("-E", metavar="K=V", help="An option of the extractor.")] = None,
    judge: Annotated[str | None, typer.Option(help="A judge to calibrate too.")] = None,
    judge_option: Annotated[Pairs, typer.Option("-J", metavar="K=V", help="An option of the judge.")] = None,
    scenes: Annotated[int, typer.Option(min=8, help="How many drawings.")] = 32,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars to spend on the judge.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=0, help="Calls of the judge to make.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the calibration as JSON.")] = False,
) -> None:
    """Show versions and bundled data, and test the shapes extractor on freshly drawn scenes.

    With --calibrate: drawings, their mirror images, a blank and another drawing go through extractor and judge.
    Accuracy, flip consistency and false accepts are shown with intervals. Leaves with 1 when a part fails.
    """
    if not calibrate:
        if judge or extractor_option or judge_option or extractor != "shapes" or json:
            raise UsageError("extractor and judge are tried with --calibrate")
        _look()
        return
    from rlrig_eval.errors import RunError
    from rlrig_eval.extract import resolve
    from rlrig_eval.plugins import pairs
    from rlrig_eval.runs.calibration import calibrate as tried
    from rlrig_eval.runs.judging import judging_of

    asked = values.judge(judge, judge_option or [])
    judging = judging_of([] if asked is None else [asked], max_calls, max_cost)
    reader = resolve(extractor, pairs(extractor_option or [], "-E"))
    found = tried(reader, judging.specs, scenes, judging.budget(), progress=True)
    _say(found, json)
    if found.failure is not None:
        raise RunError(found.failure)


def _look() -> None:
    from rlrig_eval.errors import RunError
    from rlrig_eval.runs.diagnosis import findings
    from rlrig_eval.weights import overview

    bad = 0
    for finding in findings():
        bad += not finding.good
        typer.echo(f"{'ok ' if finding.good else 'BAD'}  {finding.what}: {finding.detail}")
    typer.echo(overview())
    if bad:
        raise RunError(f"{bad} of these need mending")


def _say(found: Calibration, as_json: bool) -> None:
    from json import dumps

    from rich.console import Console
    from rich.table import Table

    from rlrig_eval.cli.tables import interval, number
    from rlrig_eval.runs.summary import calibration_of

    if as_json:
        typer.echo(dumps(calibration_of(found), indent=2))
        return
    console = Console()
    if found.failure is not None:
        console.print(found.failure, style="bold red", markup=False, soft_wrap=True)
    table = Table(
        title=f"calibration: {found.scenes} drawings of {found.side} x {found.side} pixels, and their controls"
    )
    for column in ("part", "measure", "share", "95 % interval", "trials"):
        table.add_column(column, justify="left" if column in ("part", "measure") else "right")
    for part in found.parts:
        rates = {
            "accuracy": part.accuracy,
            "flip consistency": part.flip_consistency,
            "false accepts": part.false_accept,
            **{f"  {name}": rate for name, rate in part.false_accepts.items()},
        }
        for name, rate in rates.items():
            shown = rate.model_dump()
            table.add_row(part.chain, name, number(rate.mean), interval(shown), str(rate.n))
        table.add_row(part.chain, "unscored", f"{part.unscored}/{part.readings}", part.reason or "", "")
    console.print(table)
