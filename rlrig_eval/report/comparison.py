"""Compared runs as tables, and as a page with the pictures of every prompt that changed side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rlrig_eval.errors import UsageError
from rlrig_eval.report.album import Album
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Cell, Column, Estimate, Table
from rlrig_eval.report.templates import environment
from rlrig_eval.runs.compare import Comparison
from rlrig_eval.runs.opened import Opened
from rlrig_eval.stats import Difference

FORMATS = ("terminal", "md", "json")
LISTED = 20
"""Changed prompts that a text lists of each comparison; JSON and the page have all of them."""
STAMP = "FORCED: "


def render_comparisons(found: Sequence[Comparison], format: str = "terminal") -> str:
    """All there is to say of them, as text; `format` is one of `FORMATS`."""
    if format not in FORMATS:
        raise UsageError.unknown("format", format, FORMATS)
    if format == "json":
        document = {"schema": 1, "comparisons": [one.as_dict() for one in found]}
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    tables = [overall(found), *(table for one in found for table in (tags(one), changes(one)) if table.rows)]
    return "\n".join(render_table(table, format) for table in tables)


def overall(found: Sequence[Comparison]) -> Table:
    """A row for each metric of each comparison."""
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        for metric, difference in one.metrics.items():
            rows.append((name(one), metric, _estimate(difference), difference.p, one.p_holm[metric], difference.n))
    columns = (
        Column(name="runs", title="runs"),
        Column(name="metric", title="metric"),
        Column(name="difference", title="difference", kind="difference"),
        Column(name="p", title="p", kind="number"),
        Column(name="p_holm", title="p, Holm", kind="number"),
        Column(name="prompts", title="prompts", kind="count"),
    )
    if len(found) == 1:  # Holm's correction of one comparison is none
        columns = tuple(column for column in columns if column.name != "p_holm")
        rows = [(*row[:4], row[5]) for row in rows]
    method = "Paired by prompt; brackets are 95 % intervals over groups of prompts, p is of the sign-flip test."
    return Table(title="Differences", columns=columns, rows=tuple(rows), notes=(*stamps(found), method))


def tags(one: Comparison) -> Table:
    """The difference in `one.metric` for each tag."""
    rows = [(tag, _estimate(by[one.metric]), by[one.metric].n) for tag, by in one.by_tag.items() if one.metric in by]
    columns = (
        Column(name="tag", title="tag"),
        Column(name="difference", title="difference", kind="difference"),
        Column(name="prompts", title="prompts", kind="count"),
    )
    return Table(title=f"{one.metric} by tag: {name(one)}", columns=columns, rows=tuple(rows), notes=stamps([one]))


def changes(one: Comparison) -> Table:
    """The prompts that changed side, the first `LISTED` of them."""
    rows = [(c.prompt, c.text, c.a, c.b, " ".join(c.pictures_b)) for c in one.changed[:LISTED]]
    columns = (
        Column(name="prompt", title="prompt"),
        Column(name="text", title="text"),
        Column(name="a", title=label(one.a), kind="share", digits=2),
        Column(name="b", title=f"{label(one.b)} ", kind="share", digits=2),
        Column(name="pictures", title="pictures, in both folders"),
    )
    counted = f"Right in {label(one.a)} alone: {one.sides.only_a}; in {label(one.b)} alone: {one.sides.only_b}."
    if one.independent:
        counted += f" McNemar: p = {one.sides.mid_p:.3f} (mid-p)."
    more = f" {len(one.changed) - LISTED} more in --format json and --page." if len(one.changed) > LISTED else ""
    title = f"Prompts that changed side in {one.metric}: {name(one)}"
    return Table(title=title, columns=columns, rows=tuple(rows), notes=(*stamps([one]), counted + more))


def write_page(found: Sequence[Comparison], out: Path) -> Path:
    """Write a page with the pictures of every changed prompt, side by side; nothing in it is fetched."""
    from markupsafe import Markup

    from rlrig_eval.atomic import replace_text
    from rlrig_eval.report.render import html

    album = Album()
    sections = [
        {
            "title": name(one),
            "a": label(one.a),
            "b": label(one.b),
            "changes": [
                {
                    "change": change,
                    "a": [album.add(one.a.folder / path) for path in change.pictures_a],
                    "b": [album.add(one.b.folder / path) for path in change.pictures_b],
                }
                for change in one.changed
            ],
        }
        for one in found
    ]
    text = (
        environment()
        .get_template("compare.html.j2")
        .render(stamps=stamps(found), table=Markup(html(overall(found))), sections=sections, album=album.uris)
    )
    try:
        replace_text(out, text)
    except OSError as problem:
        raise UsageError(f"{out}: cannot write there: {problem.strerror or problem}") from None
    return out


def stamps(found: Sequence[Comparison]) -> tuple[str, ...]:
    """What a comparison carries wherever it is printed.

    That it was forced, the scorers that it leaves out, and runs that failed their calibration.
    """
    forced = (f"{STAMP}{name(one)}: {one.problem}" for one in found if one.problem is not None)
    unlike = (f"{name(one)}: {', '.join(one.left_out)}: left out, scored by two files" for one in found if one.left_out)
    runs = (run for one in found for run in (one.a, one.b) if run.config.distrust is not None)
    return tuple(dict.fromkeys((*forced, *unlike, *(f"{label(run)}: {run.config.distrust}" for run in runs))))


def name(one: Comparison) -> str:
    return f"{label(one.a)} − {label(one.b)}"


def label(run: Opened) -> str:
    """The last part of the folder."""
    return run.folder.resolve().name


def _estimate(difference: Difference) -> Estimate:
    return Estimate(mean=difference.mean, ci95=(difference.lo, difference.hi), n=difference.n)
