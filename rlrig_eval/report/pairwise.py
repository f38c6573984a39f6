"""What a judge prefers between runs, as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rlrig_eval.errors import UsageError
from rlrig_eval.report.render import render_tables
from rlrig_eval.report.table import Column, Estimate, Table

FORMATS = ("terminal", "md", "json")


def render_ranking(report: Mapping[str, Any], format: str = "terminal") -> str:
    """A report of `runs.pairwise.rank` as text; `format` is one of `FORMATS`."""
    if format not in FORMATS:
        raise UsageError.unknown("format", format, FORMATS)
    if format == "json":
        return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return render_tables([strengths(report), pairs(report)], format)


def strengths(report: Mapping[str, Any]) -> Table:
    """The runs, the strongest first."""
    models = {name: run["model"] for name, run in report["runs"].items()}
    rows = tuple((one["run"], models[one["run"]], _strength(one), one["comparisons"]) for one in report["ranking"])
    columns = (
        Column(name="run", title="run"),
        Column(name="model", title="model"),
        Column(name="strength", title="strength", kind="number", better="higher"),
        Column(name="comparisons", title="comparisons", kind="count"),
    )
    note = (
        "Bradley-Terry log strengths, mean 0: a beats b with chance 1 / (1 + exp(b - a)). "
        "Brackets are 95 % intervals over groups of prompts."
    )
    counts = report["coverage"]
    coverage = (
        f"Coverage: {counts['ok']} of {counts['planned']} pairs of pictures; "
        f"{counts['error']} in error (one is missing), {counts['unscored']} unscored."
    )
    return Table(title=f"Preferred by {report['judge']['slug']}", columns=columns, rows=rows, notes=(note, coverage))


def pairs(report: Mapping[str, Any]) -> Table:
    """Each pair of runs; the notes say how much of it was the order of the pictures."""
    rows = tuple(
        (one["a"], one["b"], _share(one["a_wins"]), n, one["alike"], n / one["planned"])
        for one in report["pairs"]
        for n in (one["a_wins"]["n"],)
    )
    columns = (
        Column(name="a", title="a"),
        Column(name="b", title="b"),
        Column(name="a_wins", title="a is better", kind="share"),
        Column(name="pictures", title="pictures", kind="count"),
        Column(name="alike", title="of which the same", kind="count"),
        Column(name="coverage", title="coverage", kind="share"),
    )
    first, consistent = (report["position"][name]["mean"] for name in ("first", "consistent"))
    notes = ["A tie counts half; a preference that turns with the order of the pictures is one."]
    if first is not None:
        notes.append(
            f"Shown first, a picture was preferred in {first:.0%}; in {consistent:.0%} the order changed nothing."
        )
    return Table(title="Pairs", columns=columns, rows=rows, notes=tuple(notes))


def _share(found: Mapping[str, Any]) -> Estimate:
    return Estimate(mean=found["mean"], ci95=tuple(found["ci95"]), n=found["n"])


def _strength(one: Mapping[str, Any]) -> Estimate:
    return Estimate(mean=one["strength"], ci95=tuple(one["ci95"]))
