"""rlrig-eval power: how many prompts a difference needs, and what so many prompts can see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def power(
    groups: Annotated[
        int | None, typer.Option(min=2, help="Groups of prompts: a prompt with its twin and paraphrases.")
    ] = None,
    effect: Annotated[float | None, typer.Option(min=0, max=1, help="The difference to be found, 0.05 say.")] = None,
    discordance: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Share of prompts that one run alone has right; 0.2 is assumed where nothing says it."
        ),
    ] = None,
    sd: Annotated[float | None, typer.Option(min=0, help="Or: standard deviation of a group's difference.")] = None,
    pilot: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="RUN_A RUN_B", help="Or: take the deviation, and the groups, from two runs."),
    ] = None,
    metric: Annotated[str, typer.Option(help="Of the pilot.")] = "all_correct",
    delta: Annotated[
        float | None, typer.Option(min=0, max=1, help="Plan the gate with this delta instead of a comparison.")
    ] = None,
    wanted: Annotated[float, typer.Option("--power", help="The chance of finding it.")] = 0.8,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Plan a paired comparison, or a gate: its power, the smallest difference it sees, or the groups it needs.

    With --groups and --effect: the power. With --groups alone: the smallest detectable difference. With --effect
    alone: the groups needed. With neither: what the usual sizes can see. How much runs differ is assumed
    (a discordance of 0.2) unless --discordance, --sd or --pilot says it.
    """
    from rlrig_eval.report import render_table
    from rlrig_eval.report.power import Question, plan
    from rlrig_eval.runs.compare import pilot_of

    spread = pilot_of(*pilot, metric) if pilot is not None else None
    question = Question(groups, effect, discordance, sd, delta, wanted)
    typer.echo(render_table(plan(question, spread), "json" if json else "terminal"), nl=False)
