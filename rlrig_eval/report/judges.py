"""A judge that was tried (`runs.aa.try_judge`) as tables, and as the report that the repo commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rlrig_eval.atomic import replace_json, replace_text
from rlrig_eval.judges.instruments.controls import ATTEMPTS
from rlrig_eval.report.render import render_tables
from rlrig_eval.report.table import Cell, Column, Estimate, Table

_ABOUT = (
    "How far the judge `{slug}` ({what}) can be believed. It was shown the pictures of the runs below. Against the "
    "extractor, children of failed parents fail on both sides; brackets are 95 % intervals over groups of prompts. "
    "Made by `{command}`; how to read it: docs/judges.md.\n"
)
_KNOWN_BY = (("rubric", "rubric"), ("of words", "rubric_sha256"), ("in revision", "revision"))


def write_report(report: Mapping[str, Any], prefix: Path, command: str) -> list[Path]:
    """Write ``prefix.md`` and ``prefix.json``; the files written."""
    files = [prefix.with_name(f"{prefix.name}.{kind}") for kind in ("md", "json")]
    judge = report["judge"]
    known = [f"{name} {judge[key]}" for name, key in _KNOWN_BY if judge[key] is not None]
    about = _ABOUT.format(slug=judge["slug"], what=", ".join([judge["name"], *known]), command=command)
    replace_text(files[0], f"# {judge['slug']} as a judge\n\n{about}\n{render_tables(tables(report), 'md')}")
    replace_json(files[1], {"command": command, **report})
    return files


def tables(report: Mapping[str, Any]) -> list[Table]:
    """Noise, agreement with each truth by relation, unanimity of judges, controls, letters; without those of no row."""
    runs = _named(report["runs"])
    made = [noise(runs), *agreements(report, runs), *unanimity(runs), *controls(runs), letters(runs)]
    return [table for table in made if table.rows]


def noise(runs: Mapping[str, Mapping[str, Any]]) -> Table:
    """A row a run: how often the judge changes its mind, and what a gate on it must forgive."""
    rows = [
        (name, one["model"], one["pictures"], len(one["unscored"]), one["noise"]["questions"], *_doubts(one))
        for name, one in runs.items()
    ]
    columns = (
        Column(name="run", title="run"),
        Column(name="model", title="model"),
        Column(name="pictures", title="pictures", kind="count"),
        Column(name="unscored", title="unscored", kind="count"),
        Column(name="questions", title="questions", kind="count"),
        Column(name="flip_rate", title="flip rate", kind="share"),
        Column(name="tolerance", title="least delta of a gate", kind="share"),
        Column(name="length", title="length bias", kind="difference"),
        Column(name="length_p", title="its p", kind="number"),
    )
    note = (
        "Flip rate: the chance that two repeats answer a question differently. Length bias: Spearman's correlation "
        "of a prompt's words with how much higher the judge scores than the extractor."
    )
    return Table(title="Noise", columns=columns, rows=tuple(rows), notes=(note,))


def agreements(report: Mapping[str, Any], runs: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """A table for each truth: over all runs together, where there are several, then each run by itself."""
    several = [("all runs", found) for found in report["together"]] if len(runs) > 1 else []
    alone = [(name, found) for name, one in runs.items() for found in one["agreement"]]
    return [_agreement(name, found) for name, found in (*several, *alone)]


def _agreement(name: str, found: Mapping[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for about, one in {"all": found["all"], **found["by_kind"]}.items():
        judge, other = one["says_yes"] or (None, None)
        kappa = Estimate(mean=one["kappa"], ci95=(one["lo"], one["hi"]))
        rows.append((about, one["share"], kappa, judge, other, one["n"]))
    columns = (
        Column(name="about", title="about"),
        Column(name="agree", title="agree", kind="share"),
        Column(name="kappa", title="kappa", kind="number"),
        Column(name="judge_yes", title="judge says yes", kind="share"),
        Column(name="other_yes", title="the other", kind="share"),
        Column(name="n", title="n", kind="count"),
    )
    return Table(title=f"Agreement with {found['with']}: {name}", columns=columns, rows=tuple(rows))


def unanimity(runs: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """Fleiss' kappa of all judges of a run, by kind and relation; a table a run."""
    columns = (
        Column(name="about", title="about"),
        Column(name="kappa", title="Fleiss' kappa", kind="number"),
        Column(name="unanimous", title="all say the same", kind="share"),
        Column(name="n", title="n", kind="count"),
    )

    def of(name: str, found: Mapping[str, Any]) -> Table:
        rows = [
            (about, one["fleiss_kappa"], one["unanimous"], one["n"])
            for about, one in {"all": found["all"], **found["by_kind"]}.items()
        ]
        title = f"Judges among themselves: {name} ({', '.join(found['judges'])})"
        return Table(title=title, columns=columns, rows=tuple(rows))

    return [of(name, found) for name, one in runs.items() if (found := one["unanimity"]) is not None]


def controls(runs: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """How many answers changed under each control; a table a run."""
    columns = (
        Column(name="control", title="control"),
        Column(name="flip_rate", title="answers changed", kind="share"),
        Column(name="yes_before", title="yes before", kind="share"),
        Column(name="yes_then", title="yes then", kind="share"),
        Column(name="questions", title="questions", kind="count"),
        Column(name="unscored", title="unscored", kind="count"),
    )
    written = "; ".join(f"{number} “{words}”" for number, words in enumerate(ATTEMPTS, start=1))
    notes = (
        "On a blank picture every yes is wrong; elsewhere every change beyond the flip rate is.",
        f"Written in a band below the picture, which is empty under the control band: {written}.",
    )

    def of(name: str, tried: Mapping[str, Mapping[str, Any]]) -> Table:
        rows = [
            (control, one["flip_rate"], *one["says_yes"], one["questions"], one["unscored"])
            for control, one in tried.items()
        ]
        return Table(title=f"Controls: {name}", columns=columns, rows=tuple(rows), notes=notes)

    return [of(name, one["controls"]) for name, one in runs.items()]


def letters(runs: Mapping[str, Mapping[str, Any]]) -> Table:
    """How often each place was chosen in votes of `choice`, and how often it was the right one."""
    rows = [
        (name, letter, given.get(letter, 0) / sum(given.values()), right[letter] / sum(right.values()))
        for name, one in runs.items()
        for given, right in [(one["letters"], one["letters_right"])]
        for letter in right
    ]
    columns = (
        Column(name="run", title="run"),
        Column(name="letter", title="letter"),
        Column(name="chosen", title="chosen", kind="share"),
        Column(name="right", title="was right", kind="share"),
    )
    return Table(title="Letters", columns=columns, rows=tuple(rows))


def _doubts(one: Mapping[str, Any]) -> Iterable[Cell]:
    return one["noise"]["flip_rate"], one["noise"]["tolerance"], one["length"]["spearman"], one["length"]["p"]


def _named(runs: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Runs by the names of their folders, or by whole paths where those are not distinct."""
    short = [Path(folder).name for folder in runs]
    return dict(zip(short if len(set(short)) == len(short) else runs, runs.values(), strict=True))
