"""A paper's tables: published figures with their sources, and beside them, never mixed, what was measured here.

The figures are data (``reports/papers/<name>.yaml``). A blank is a figure that no source gives; it is never filled
in by a guess or by a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, FiniteFloat, model_validator

from rlrig_eval.assets import reports_dir
from rlrig_eval.errors import UsageError
from rlrig_eval.report.entry import Entry, read_entries
from rlrig_eval.report.ranking import settings
from rlrig_eval.report.table import Cell, Column, Table
from rlrig_eval.runs.compare import PRIMARY
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.suite.documents import read_yaml

_OURS = ("system", "how")
"""The columns that a table of what was reproduced has beside the paper's."""


class Figure(Frozen):
    """A published number and the key of its source."""

    value: FiniteFloat
    source: str


class PaperColumn(Frozen):
    """A figure of the paper, and `metric` (over the prompts of `tag`, if one is named), what a run measures for it.

    Without a metric nothing here measures it; a column that is not `published` is ours alone.
    """

    name: str
    title: str
    metric: str | None = None
    tag: str | None = None
    digits: int = Field(default=3, ge=0, le=6)
    published: bool = True


class PaperRow(Frozen):
    """A system; `models` are the names of ours that measure it again."""

    name: str
    models: tuple[str, ...] = ()
    figures: dict[str, Figure] = Field(default_factory=dict)


class PaperTable(Frozen):
    """`suites` are the names of the suites on which a run counts as a measurement of this table."""

    title: str
    suites: tuple[str, ...]
    columns: tuple[PaperColumn, ...] = Field(min_length=1)
    rows: tuple[PaperRow, ...] = Field(min_length=1)
    notes: tuple[str, ...] = ()


class Paper(Frozen):
    """`reproduced` names the columns that runs on other suites are shown with, in a table of their own."""

    name: str
    citation: str
    sources: dict[str, str]
    tables: tuple[PaperTable, ...] = Field(min_length=1)
    reproduced: tuple[PaperColumn, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named = [[column.name for column in table.columns] for table in self.tables]
        named.append([*_OURS, *(column.name for column in self.reproduced)])
        for names in named:
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"two columns are named {twice[0]!r}")
        for table in self.tables:
            columns = {column.name for column in table.columns if column.published}
            for row in table.rows:
                for name, figure in row.figures.items():
                    if name not in columns:
                        raise ValueError(f"row {row.name!r} has a figure for {name!r}, which is no published column")
                    if figure.source not in self.sources:
                        raise ValueError(f"row {row.name!r}, {name}: no source {figure.source!r}")
        return self


def load_paper(name: str) -> Paper:
    """The paper by its name, or from a YAML file.

    Raises:
        UsageError: there is no such paper.
        UnreadableFile, BadFile: the file is no such document.
    """
    known = {path.stem: path for path in (reports_dir() / "papers").glob("*.yaml")}
    path = Path(name) if name.endswith((".yaml", ".yml")) else known.get(name)
    if path is None:
        raise UsageError.unknown("paper", name, known)
    return read_yaml(path, Paper)


def paper_tables(paper: Paper, run_dirs: Sequence[Path]) -> list[Table]:
    """Each table of the paper, and last the runs on suites that are none of the paper's, if there are any.

    Raises:
        UsageError: a folder that is no finished run.
    """
    entries = read_entries(run_dirs)
    tables = [published_and_measured(paper, table, entries) for table in paper.tables]
    theirs = {suite for table in paper.tables for suite in table.suites}
    others = [one for one in entries if one.terms["suite"]["name"] not in theirs]
    return [*tables, reproduction(paper, others)] if others else tables


def published_and_measured(paper: Paper, table: PaperTable, entries: Sequence[Entry]) -> Table:
    """The paper's rows, then the runs that none of them names; a model that was run twice has a line for each run."""
    here = [one for one in entries if one.terms["suite"]["name"] in table.suites]
    rows: list[tuple[Cell, ...]] = []
    used: set[str] = set()
    for row in table.rows:
        measured = [one for one in here if one.model in row.models]
        used |= {one.label for one in measured}
        rows.append(_line(table, row.name, row, measured[0] if measured else None))
        rows += [_line(table, row.name, None, one) for one in measured[1:]]
    rows += [_line(table, one.label, None, one) for one in here if one.label not in used]
    columns = (
        Column(name="system", title="system"),
        *(_number(c, "published") for c in table.columns if c.published),
        *(_number(c, "measured") for c in table.columns if c.metric is not None),
        Column(name="source", title="published in", detail=True),
        Column(name="how", title="measured with", detail=True),
    )
    cited = dict.fromkeys(figure.source for row in table.rows for figure in row.figures.values())
    notes = (paper.citation, *table.notes, *(f"{key}: {paper.sources[key]}" for key in cited), _BLANK)
    return Table(title=table.title, columns=columns, rows=tuple(rows), notes=notes)


def _number(column: PaperColumn, group: str) -> Column:
    return Column(name=f"{group}.{column.name}", title=column.title, group=group, kind="number", digits=column.digits)


def reproduction(paper: Paper, entries: Sequence[Entry]) -> Table:
    """Runs on suites that are not the paper's: measured only, and not comparable with its figures."""
    rows = [
        (one.label, *(_measured(one, column) for column in paper.reproduced), _how(one, paper.reproduced))
        for one in entries
    ]
    columns = (
        Column(name="system", title="system"),
        *(Column(name=c.name, title=c.title, kind="share", better="higher", digits=c.digits) for c in paper.reproduced),
        Column(name="how", title="measured with", detail=True),
    )
    suites = ", ".join(dict.fromkeys(one.suite for one in entries))
    notes = (
        f"Measured on {suites}: not the paper's prompts, pictures and models. No row stands against its figures.",
        "Brackets are 95 % intervals over groups of prompts.",
    )
    return Table(title=f"{paper.name}: the same comparison on {suites}", columns=columns, rows=tuple(rows), notes=notes)


_BLANK = "A published figure that no source gives is blank, and so is what no run here measured."


def _line(table: PaperTable, name: str, row: PaperRow | None, run: Entry | None) -> tuple[Cell, ...]:
    figures = {} if row is None else row.figures
    published = [figures[c.name].value if c.name in figures else None for c in table.columns if c.published]
    measured = [None if run is None else _measured(run, c) for c in table.columns if c.metric is not None]
    sources = ", ".join(dict.fromkeys(figure.source for figure in figures.values()))
    source = f"published in {sources}" if sources else ""
    how = "" if run is None else f"measured with {_how(run, table.columns)}"
    return name, *published, *measured, source, how


def _measured(run: Entry, column: PaperColumn) -> Cell:
    of = run.metrics if column.tag is None else run.by_tag.get(column.tag, {})
    return None if column.metric is None else of.get(column.metric)


def _how(one: Entry, columns: Sequence[PaperColumn]) -> str:
    """The coverage is that of the scorer of the first column's metric that the run has."""
    covered = one.covered(next((c.metric for c in columns if c.metric in one.metrics), PRIMARY))
    read = one.terms["extractor"]
    scored = f"{covered['ok']}/{covered['planned']} scored"
    # How a model was asked decides a reading as much as which one was.
    told = settings(read.get("options", {}))
    reader = f"{read['name']} {read['version']}{f' ({told})' if told else ''}"
    about = f"{one.label} on {one.suite}, {scored}, read by {reader}"
    about = f"{about}; {one.distrust}" if one.distrust else about
    said = settings(one.settings)
    return f"{about}; {said}" if said else about
