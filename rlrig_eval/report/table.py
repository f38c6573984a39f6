"""One table, many outputs: what a table is. `rlrig_eval.report.render` writes it out."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from rlrig_eval.runs.summary import Estimate
from rlrig_eval.scene.graph import Frozen

Kind = Literal["text", "count", "number", "share", "difference"]
"""Words, whole numbers, numbers, shares in [0, 1], or differences of shares in [-1, 1]."""


Cell = str | int | float | Estimate | None
"""None is a blank: unknown, or not applicable. It is never a zero."""


class Column(Frozen):
    """`name` is the key that scripts use, `title` what people read; `better` says which way is up.

    Neighbours of one `group` stand under a common head where there is room for one. A `detail` is too long for a
    column: it stands small under its row on a screen, and below the table on paper.
    """

    name: str
    title: str
    group: str = ""
    kind: Kind = "text"
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    digits: int = 3
    detail: bool = False


class Table(Frozen):
    """Rows of cells in the order of `columns`; `notes` are printed below."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"column names must be distinct, not {names}")
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number + 1} has {len(row)} cells for {len(self.columns)} columns")
        return self

    def records(self) -> list[dict[str, Cell]]:
        """Each row by column name."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def main(self) -> list[int]:
        """The columns that are no detail, by index."""
        return [index for index, column in enumerate(self.columns) if not column.detail]

    def details(self, row: int) -> list[str]:
        """The details of a row in words, without the blank ones."""
        cells = zip(self.rows[row], self.columns, strict=True)
        return [show(cell, column) for cell, column in cells if column.detail and cell not in (None, "")]

    def best(self) -> frozenset[tuple[int, int]]:
        """(row, column) of every cell that no other of its column beats; none in a column with one value."""
        found: set[tuple[int, int]] = set()
        for index, column in enumerate(self.columns):
            values = {
                number: value for number, row in enumerate(self.rows) if (value := value_of(row[index])) is not None
            }
            if column.better is None or len(set(values.values())) < 2:
                continue
            top = max(values.values()) if column.better == "higher" else min(values.values())
            found |= {(number, index) for number, value in values.items() if value == top}
        return frozenset(found)


def value_of(cell: Cell) -> float | None:
    """The number in a cell, None where there is none."""
    if isinstance(cell, Estimate):
        return cell.mean
    return None if cell is None or isinstance(cell, str) else float(cell)


def show(cell: Cell, column: Column) -> str:
    """A cell in words: the mean of an estimate alone, "–" for a blank.

    >>> show(0.25, Column(name="s", title="s", kind="difference", digits=2))
    '+0.25'
    >>> show(None, Column(name="s", title="s"))
    '–'
    """
    value = value_of(cell)
    if isinstance(cell, str):
        return cell
    if value is None:
        return "–"
    if column.kind == "count":
        return f"{value:,.0f}"
    return f"{value:+.{column.digits}f}" if column.kind == "difference" else f"{value:.{column.digits}f}"


def show_interval(cell: Cell, column: Column) -> str:
    """The interval of an estimate as "[lo, hi]"; empty where there is none."""
    if not isinstance(cell, Estimate) or None in cell.ci95:
        return ""
    return f"[{', '.join(show(end, column) for end in cell.ci95)}]"


def heading(column: Column) -> str:
    """What stands over a column that has no common head.

    >>> heading(Column(name="t", title="time", unit="s")), heading(Column(name="t", title="time", group="measured"))
    ('time (s)', 'time, measured')
    """
    title = f"{column.title}, {column.group}" if column.group else column.title
    return f"{title} ({column.unit})" if column.unit else title
