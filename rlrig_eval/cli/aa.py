"""rlrig-eval aa: how noisy a judge is, whom it agrees with, and what leads it astray."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rlrig_eval.cli import values


def aa(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder; its pictures are judged.")],
    judge: Annotated[str, typer.Option(help="A judge: NAME or path/to/file.py:Class.")],
    judge_option: Annotated[
        list[str] | None, typer.Option("-J", metavar="K=V", help="An option that the judge is built with.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=2, help="How often each picture is judged as it is.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many pictures.")] = None,
    labels: Annotated[Path | None, typer.Option(help="CSV of human labels: sample, requirement, label, rater.")] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars to spend.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=0, help="Calls to make.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Try a judge on the pictures of a run: repeats (A/A), agreement with the extractor, with the run's other judges
    and with people, and controls (blank, mirrored, reworded, words written into the picture).

    The report is also in RUN/aa/<judge>.json. Leaves with 1 when pictures stayed unscored.
    """
    from json import dumps

    from rlrig_eval.errors import Exit
    from rlrig_eval.runs.aa import try_judge

    asked = values.judge(judge, judge_option or [])
    if asked is None:
        raise AssertionError("typer asks for --judge")
    report = try_judge(run, asked, repeats, limit, labels, max_calls, max_cost)
    if json:
        typer.echo(dumps(report, indent=2))
    else:
        _say(report)
    if report["unscored"]:
        reason = next(iter(report["unscored"].values()))
        typer.echo(f"warning: {len(report['unscored'])} of {report['pictures']} pictures unscored ({reason})", err=True)
        raise typer.Exit(Exit.RUN)


def _say(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from rlrig_eval.cli.tables import number

    noise = report["noise"]
    console = Console()
    console.print(
        f"judge {report['judge']['slug']}: {report['pictures']} pictures, {noise['questions']} questions, "
        f"asked {noise['repeats']} times: flip rate {number(noise['flip_rate'])}; "
        f"a gate on it needs a delta of at least {number(noise['tolerance'])}"
    )
    for found in report["agreement"]:
        table = Table(title=f"agreement with {found['with']}")
        for column in ("about", "agree", "kappa", "95 % interval", "judge yes", "other yes", "n"):
            table.add_column(column, justify="left" if column == "about" else "right")
        for what, one in {"all": found["all"], **found["by_kind"]}.items():
            yes = one["says_yes"] or [None, None]
            interval = "–" if one["lo"] is None else f"{number(one['lo'])} to {number(one['hi'])}"
            cells = (number(one["share"]), number(one["kappa"]), interval, number(yes[0]), number(yes[1]))
            table.add_row(what, *cells, str(one["n"]))
        console.print(table)
    if report["controls"]:
        table = Table(title="controls")
        for column in ("control", "answers changed", "yes before", "yes then", "questions", "unscored"):
            table.add_column(column, justify="left" if column == "control" else "right")
        for name, one in report["controls"].items():
            before, then = map(number, one["says_yes"])
            table.add_row(name, number(one["flip_rate"]), before, then, str(one["questions"]), str(one["unscored"]))
        console.print(table)
    length = report["length"]
    console.print(f"length of the prompt against excess over the extractor: Spearman {number(length['spearman'])}")
