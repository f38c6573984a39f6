"""A table in the terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console, Group
from rich.table import Table as RichTable
from rich.text import Text

from rlrig_eval.report.table import Cell, Column, Table, heading, show, show_interval


def terminal(table: Table) -> str:
    """For the terminal at hand: its width, and colour where it has any."""
    console = Console(
        file=io.StringIO(), force_terminal=sys.stdout.isatty() or None, width=Console(file=sys.stdout).width
    )
    with console.capture() as captured:
        console.print(rich_table(table, console.width))
    return captured.get()


def rich_table(table: Table, width: int) -> Group:
    """For a console of `width` characters; where rows are too long for it, they stand as columns, so many at a time.

    An interval stands dim below its mean; the rows' details follow the grid, a paragraph a row.
    """
    head = [Text(heading(table.columns[index]), style="dim") for index in table.main()]
    justify = ["left" if table.columns[index].kind == "text" else "right" for index in table.main()]
    best = table.best()
    body = [[_cell(row[j], table.columns[j], (i, j) in best) for j in table.main()] for i, row in enumerate(table.rows)]
    grids = [_grid(head, body, justify)]
    if _width(grids[0]) > width:
        grids = list(_turned(head, body, width))
    details = [(row[0].plain, ", ".join(table.details(number))) for number, row in enumerate(body)]
    below = [f"{name}: {words}" for name, words in details if words]
    return Group(Text(table.title, style="bold"), *grids, *(Text(line, style="dim") for line in (*below, *table.notes)))


def _turned(head: Sequence[Text], body: Sequence[Sequence[Text]], width: int) -> Iterator[RichTable]:
    """Grids with a column for each row; as many stand side by side as fit, one at least."""

    def turned(rows: Sequence[Sequence[Text]]) -> RichTable:
        names, *lines = zip(head, *rows, strict=True)
        return _grid(names, lines, ["left", *["right"] * len(rows)])

    side_by_side: list[Sequence[Text]] = []
    for row in body:
        if side_by_side and _width(turned([*side_by_side, row])) > width:
            yield turned(side_by_side)
            side_by_side = []
        side_by_side.append(row)
    yield turned(side_by_side)


def _width(grid: RichTable) -> int:
    return Console(width=10_000).measure(grid).maximum


def _grid(head: Sequence[Text], body: Sequence[Sequence[Text]], justify: Sequence[str]) -> RichTable:
    grid = RichTable(box=None, padding=(0, 2, 0, 0), header_style="")
    for title, side in zip(head, justify, strict=True):
        grid.add_column(title, justify="left" if side == "left" else "right")
    for cells in body:
        grid.add_row(*cells)
    return grid


def _cell(cell: Cell, column: Column, best: bool) -> Text:
    drawn = Text()
    drawn.append(show(cell, column), style="bold green" if best else "")
    interval = show_interval(cell, column)
    return drawn.append(f"\n{interval}", style="dim") if interval else drawn
