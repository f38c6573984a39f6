"""A table as text: terminal, Markdown, CSV, LaTeX (booktabs), HTML, JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from textwrap import wrap

from markupsafe import Markup

from rlrig_eval.errors import UsageError
from rlrig_eval.markdown import table as table_lines
from rlrig_eval.report.table import Cell, Column, Estimate, Table, heading, show, show_interval
from rlrig_eval.report.templates import environment
from rlrig_eval.report.terminal import terminal

_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "–": "--",
    "×": r"$\times$",
    "Δ": r"$\Delta$",
    "α": r"$\alpha$",
    "−": "$-$",
    "†": r"\dag{}",
    "·": r"\textperiodcentered{}",
} | {sign: f"\\{sign}" for sign in "&%$#_"}
_FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}"
_HEADING = 10
"""Letters of a line of a heading in LaTeX: about as wide as an interval below a mean."""
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|])")


def render_table(table: Table, format: str) -> str:
    """The table as text; `format` is one of `FORMATS`. Ends in a newline.

    CSV and JSON keep every digit; the others round to the column's digits, with the best of a column in bold.

    Raises:
        UsageError: there is no such format.
    """
    if format not in FORMATS:
        raise UsageError.unknown("format", format, FORMATS)
    return FORMATS[format](table).rstrip("\n") + "\n"


def render_tables(tables: Sequence[Table], format: str) -> str:
    """Tables one after another; in JSON, a list of them.

    Raises:
        UsageError: there is no such format.
    """
    rendered = [render_table(table, format) for table in tables]
    return f"[\n{','.join(rendered)}]\n" if format == "json" else "\n".join(rendered)


def html_page(title: str, figures: str) -> str:
    """A file of its own around tables in HTML, which fetches nothing."""
    return environment().get_template("tables.html.j2").render(title=title, figures=Markup(figures))


def markdown(table: Table) -> str:
    """A GitHub-flavoured table under its title."""
    best = table.best()

    def cell(row: int, index: int, value: Cell) -> str:
        mean = _markdown_words(show(value, table.columns[index]))
        mean = f"**{mean}**" if (row, index) in best else mean
        return " ".join(filter(None, [mean, show_interval(value, table.columns[index])]))

    rows = [[cell(i, j, value) for j, value in enumerate(row)] for i, row in enumerate(table.rows)]
    head = [_markdown_words(heading(column)) for column in table.columns]
    align = "".join("l" if column.kind == "text" else "r" for column in table.columns)
    lines = table_lines(head, rows, align)
    notes = [_markdown_words(note) for note in table.notes]
    return "\n\n".join([f"**{_markdown_words(table.title)}**", "\n".join(lines), *notes])


def comma_separated(table: Table) -> str:
    """One line a row; an estimate takes four columns: NAME, NAME.lo, NAME.hi and NAME.n."""
    wide = {
        column.name for i, column in enumerate(table.columns) if any(isinstance(row[i], Estimate) for row in table.rows)
    }
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [(name, f"{name}.lo", f"{name}.hi", f"{name}.n") if name in wide else (name,) for name in _names(table)]
    writer.writerow([name for head in heads for name in head])
    for record in table.records():
        writer.writerow([value for name, cell in record.items() for value in _flat(cell, name in wide)])
    return out.getvalue()


def latex(table: Table) -> str:
    """A `table` environment for booktabs and graphicx, shrunk where it is wider than the page.

    Intervals stand under their means, details of the rows below the table.
    """
    best, shown = table.best(), table.main()

    def cell(row: int, index: int, value: Cell) -> str:
        words, interval = show(value, table.columns[index]), show_interval(value, table.columns[index])
        mean = _tex(words) if isinstance(value, str) else _tex_number(words)
        mean = rf"\textbf{{{mean}}}" if (row, index) in best else mean
        return rf"\shortstack[r]{{\strut {mean}\\{{\scriptsize {_tex_number(interval)}}}}}" if interval else mean

    rows = [[cell(i, j, row[j]) for j in shown] for i, row in enumerate(table.rows)]
    columns = [table.columns[index] for index in shown]
    spec = "".join("l" if column.kind == "text" else "r" for column in columns)
    details = [(row[0], table.details(number)) for number, row in enumerate(table.rows)]
    below = [rf"\textbf{{{_tex(str(name))}}}: {_tex(', '.join(told))}" for name, told in details if told]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering\footnotesize\setlength{\tabcolsep}{3pt}",
            rf"  \caption{{{_tex(table.title)}}}",
            rf"  {_FITTED}{{\begin{{tabular}}{{@{{}}{spec}@{{}}}}",
            r"    \toprule",
            *(f"    {line}" for line in _tex_head(columns)),
            r"    \midrule",
            *(rf"    {' & '.join(cells)} \\" for cells in rows),
            r"    \bottomrule",
            r"  \end{tabular}}",
            *(rf"  \par\smallskip {{\scriptsize {line}}}" for line in (*below, *map(_tex, table.notes))),
            r"\end{table}",
        ]
    )


def _tex_head(columns: Sequence[Column]) -> list[str]:
    """The heads, under a line of common heads where columns have one."""
    if not any(column.group for column in columns):
        return [rf"{' & '.join(map(_tex_heading, columns))} \\"]
    over, rules, start = [], [], 1
    for name, members in groupby(columns, key=lambda column: column.group):
        width = len(list(members))
        over.append(rf"\multicolumn{{{width}}}{{c}}{{{_tex(name)}}}")
        rules += [rf"\cmidrule(lr){{{start}-{start + width - 1}}}"] if name else []
        start += width
    own = [_tex_heading(column.model_copy(update={"group": ""})) for column in columns]
    return [rf"{' & '.join(over)} \\", " ".join(rules), rf"{' & '.join(own)} \\"]


def _tex_heading(column: Column) -> str:
    """In lines of a number's width, lest a few words push the table off the page."""
    lines = [_tex(line) for line in wrap(heading(column), _HEADING, break_long_words=False, break_on_hyphens=False)]
    stacked, side = r"\\".join(lines), "l" if column.kind == "text" else "r"
    return rf"\shortstack[{side}]{{{stacked}}}" if len(lines) > 1 else stacked


def html(table: Table) -> str:
    """A `<figure>` with the table and, under each estimate, its interval as a bar; the page styles it."""
    return environment().get_template("table.html.j2").render(table=table, best=table.best())


def as_json(table: Table) -> str:
    """Columns with their types, and a record for each row; estimates as `summary.json` has them."""
    document = table.model_dump(mode="json", exclude={"rows"})
    document["rows"] = [
        {name: cell.model_dump(mode="json") if isinstance(cell, Estimate) else cell for name, cell in record.items()}
        for record in table.records()
    ]
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


FORMATS: dict[str, Callable[[Table], str]] = {
    "terminal": terminal,
    "md": markdown,
    "csv": comma_separated,
    "tex": latex,
    "html": html,
    "json": as_json,
}


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _flat(cell: Cell, wide: bool) -> Iterable[str | float | None]:
    if isinstance(cell, Estimate):
        return (cell.mean, *cell.ci95, cell.n)
    return (cell, None, None, None) if wide else (cell,)


def _markdown_words(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _tex_number(text: str) -> str:
    """With minus signs for hyphens."""
    return _tex(text.replace("-", "−"))


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)
