"""rlrig-eval aa: how noisy a judge is, whom it agrees with, and what leads it astray."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlrig_eval.cli import values


def aa(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders; their pictures are judged.")],
    judge: Annotated[str, typer.Option(help="A judge: NAME or path/to/file.py:Class.")],
    judge_option: Annotated[
        list[str] | None, typer.Option("-J", metavar="K=V", help="An option that the judge is built with.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=2, help="How often each picture is judged as it is.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many pictures of each run.")] = None,
    controls: Annotated[int, typer.Option(min=0, help="So many pictures of each run under every control.")] = 200,
    labels: Annotated[Path | None, typer.Option(help="CSV of human labels: sample, requirement, label, rater.")] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="US dollars to spend.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=0, help="Calls to make.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write REPORT.md and REPORT.json.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Try a judge on the pictures of runs: repeats (A/A), agreement with the extractor, with the runs' other judges
    and with people, and controls (blank, mirrored, reworded, asked in other words, words written into the picture).

    What is said of a run is also in RUN/aa/<judge>.json. Leaves with 1 when pictures stayed unscored.
    """
    import sys
    from json import dumps

    from rlrig_eval.errors import Exit, UsageError
    from rlrig_eval.folders import writable
    from rlrig_eval.plugins.redaction import redacted_argv
    from rlrig_eval.report.judges import tables, write_report
    from rlrig_eval.report.render import render_tables
    from rlrig_eval.runs.aa import try_judge

    asked = values.judge(judge, judge_option or [])
    if asked is None:
        raise AssertionError("typer asks for --judge")
    if report is not None:  # before hours of judging
        if not report.name:
            raise UsageError(f"--report {report}: name the files too, without .md, as in reports/my-judge")
        writable(report.parent)
    found = try_judge(runs, asked, repeats, limit, controls, labels, max_calls, max_cost, progress=True)
    typer.echo(dumps(found, indent=2) if json else render_tables(tables(found), "terminal"))
    if report is not None:
        command = " ".join(["rlrig-eval", *redacted_argv(sys.argv[1:])])
        typer.echo(f"wrote {', '.join(map(str, write_report(found, report, command)))}", err=True)
    for folder, one in found["runs"].items():
        if one["unscored"]:
            reason = next(iter(one["unscored"].values()))
            typer.echo(f"warning: {folder}: {len(one['unscored'])} of {one['pictures']} unscored ({reason})", err=True)
    if any(one["unscored"] for one in found["runs"].values()):
        raise typer.Exit(Exit.RUN)
