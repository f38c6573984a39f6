"""The figures of the ablation as tables of Markdown, under what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlrig_eval.report.ablation.budget import CAP
from rlrig_eval.report.ablation.contestants import BEST, LOOP, SINGLE, TRUTH
from rlrig_eval.report.ablation.figures import ALL, HARD, UNSEEN
from rlrig_eval.report.ablation.judged import MEASURES, shown
from rlrig_eval.report.ablation.promises import BAND, promises
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Cell, Column, Estimate, Table

_DIFFERENCES = ("all_correct", "requirements", "sg_iou")
_SHARES = (*_DIFFERENCES, "pair_accuracy")
_TITLES = {
    "all_correct": "all correct",
    "requirements": "requirements",
    "sg_iou": "strict SG-IoU",
    "pair_accuracy": "pair accuracy",
}
SEEDS = 3
_PAPER = (
    "RL-RIG on LAION-SG (its paper, not measured here): SG-IoU .3699 against .3319 of its Diffuser, a ratio of 1.114."
)
_OF_THE_JUDGE = "What else the judge's answers can be counted as (parents as answered, P(yes)) is in the JSON."
_ABOUT = """# What each part of RL-RIG adds

Made by `{command}`. Suite {suite}; every picture is read by the extractor (the reader), which no model ever saw.
The Diffuser and the rules of the loop are the same in every row. The comparison that was fixed beforehand is *{hard}*,
all correct, against *{loop}* and *{best}*.
"""


def as_markdown(figures: Mapping[str, Any], command: str, notes: tuple[str, ...] = ()) -> str:
    """The whole report."""
    suite = figures["suite"]
    about = _ABOUT.format(
        command=command, suite=f"{suite['name']} {suite['version']} {suite['split']}", hard=HARD, loop=LOOP, best=BEST
    )
    left_out = [f"- {name}: {reason}" for name, reason in figures["left_out"].items()]
    parts = [about, *notes]
    if left_out:
        parts.append("\n".join(["Left out, so the report is incomplete:", "", *left_out]))
    seeds = figures["training_seeds"]
    if seeds < SEEDS:
        parts.append(f"Training seeds of both adapters: {seeds} of the {SEEDS} asked for, so the report is incomplete.")
    parts += [render_table(table, "md") for table in tables(figures)]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def tables(figures: Mapping[str, Any]) -> list[Table]:
    """What was to be reached; scores of all, hard and unseen prompts; cost; headroom; the three budgets; the judge."""
    found = [_promises(figures), *(_scores(figures, part) for part in (ALL, HARD, UNSEEN) if figures["prompts"][part])]
    found += [_cost(figures), _headroom(figures)]
    for name, by in figures["same_cap"].items():
        found.append(_differences(f"Same cap: at most {CAP} images. Row − {name}", by, figures["judges"]))
    for unit, words in (("images", "mean images"), ("operations", "denoiser operations")):
        title = f"Equal {words}, within each part. Row − best-of-n that spends as much"
        found.append(_matched(title, unit, figures[f"matched_{unit}"]))
    return [*found, *(_judged(judge, by) for judge, by in figures["judged"].items() if by)]


def _promises(figures: Mapping[str, Any]) -> Table:
    words = {True: "yes", False: "no", None: "unknown"}
    columns = (
        Column(name="figure", title="figure"),
        Column(name="found", title="found"),
        Column(name="reached", title="reached"),
    )
    rows = tuple((one.what, one.found or None, words[one.kept]) for one in promises(figures))
    return Table(title="What was to be reached", columns=columns, rows=rows)


def _scores(figures: Mapping[str, Any], part: str) -> Table:
    rows = {name: row["metrics"][part] for name, row in figures["rows"].items()}
    titles = _titles((*_SHARES, *shown(figures["judges"])), list(rows.values()))
    counts, counted = _counts(list(rows.values()), titles)
    planned = figures["prompts"][part]
    columns = (
        Column(name="row", title="row"),
        *(Column(name=metric, title=title, kind="share") for metric, title in titles.items()),
        Column(name="coverage", title="coverage, all correct", kind="share"),
        *counts,
    )
    cells = (
        (name, *(estimate(found.get(metric)) for metric in titles), found["all_correct"]["n"] / planned, *n)
        for (name, found), n in zip(rows.items(), counted, strict=True)
    )
    note = f"{planned} prompts. Brackets are 95 % intervals over groups of prompts; n counts prompts that were scored."
    notes = (note, _OF_THE_JUDGE) if figures["judges"] else (note,)
    return Table(title=f"Scores: {part}", columns=columns, rows=tuple(cells), notes=notes)


_TIMED = (
    "Loops that differ in their Actor or editor alone draw the same pictures at first and afresh, which are drawn and "
    "looked at once for all of them; each is counted wherever it is used, and no time is told of these rows."
)


def _cost(figures: Mapping[str, Any]) -> Table:
    units = ("images", "operations", "denoiser_evals", "vlm_calls", "seconds")
    rows = [
        (
            name,
            *(row["cost"].get(unit) for unit in units),
            row["images_per_solved"],
            *((row["looks"] or {}).get(look) for look in ("edge_density", "colour_entropy")),
        )
        for name, row in figures["rows"].items()
        if name != TRUTH
    ]
    columns = (
        Column(name="row", title="row"),
        Column(name="images", title="images", kind="number", digits=2),
        Column(name="operations", title="denoiser operations", unit="drawings", kind="number", digits=2),
        Column(name="denoiser_evals", title="denoiser evaluations", kind="number", digits=0),
        Column(name="vlm_calls", title="VLM calls", kind="number", digits=1),
        Column(name="seconds", title="time", unit="s", kind="number", digits=2),
        Column(name="images_per_solved", title="images per solved prompt", kind="number", digits=2),
        Column(name="edge_density", title="edges", kind="number"),
        Column(name="colour_entropy", title="colours", unit="bits", kind="number", digits=2),
    )
    work = f"An edit is {figures['edit_in_drawings']:.2f} drawings, by its evaluations and the tokens of each."
    solved = "Images per solved prompt: all that were drawn, those of prompts that could not be scored too."
    looks = f"Edges and colours of the final pictures: a row below {BAND:.0%} of the single pass has bought its score."
    return Table(
        title="Cost and looks",
        columns=columns,
        rows=tuple(rows),
        notes=(f"Means of a prompt. {work}", _TIMED, solved, looks.replace("%", " %")),
    )


def _headroom(figures: Mapping[str, Any]) -> Table:
    rows = []
    for name, row in figures["rows"].items():
        if name not in (SINGLE, TRUTH):
            share, ratio = row["headroom"], row["ratio"]
            rows.append((name, share.get("all_correct"), share.get("sg_iou"), ratio["all_correct"], ratio["sg_iou"]))
    columns = (
        Column(name="row", title="row"),
        Column(name="headroom.all_correct", title="headroom closed, all correct", kind="share"),
        Column(name="headroom.sg_iou", title="headroom closed, strict SG-IoU", kind="share"),
        Column(name="ratio.all_correct", title="ratio, all correct", kind="number"),
        Column(name="ratio.sg_iou", title="ratio, strict SG-IoU", kind="number"),
    )
    what = (
        "Headroom: of what lies between the single pass and right drawings through the autoencoder, the share closed."
    )
    return Table(
        title="Headroom", columns=columns, rows=tuple(rows), notes=(what, f"Ratio: to the single pass. {_PAPER}")
    )


_LEAD = (Column(name="row", title="row"), Column(name="prompts", title="prompts"))
_Rows = Sequence[tuple[tuple[Cell, ...], Mapping[str, Any]]]
"""What a row begins with, and its differences by metric."""


def _differences(title: str, by: Mapping[str, Any], judges: Sequence[str]) -> Table:
    rows = [((name, part), found) for name, parts in by.items() for part, found in parts.items()]
    return _paired(title, _LEAD, rows, _titles((*_DIFFERENCES, *shown(judges)), [found for _, found in rows]))


def _matched(title: str, unit: str, by: Mapping[str, Any]) -> Table:
    """With what both spend on the prompts of each part: equal, but where the control is at an end of its cuts."""
    lead = (
        *_LEAD,
        Column(name="spent", title=unit, kind="number", digits=2),
        Column(name="control.spent", title=f"{unit}, control", kind="number", digits=2),
        Column(name="control", title="control"),
    )
    rows = [
        ((name, part, one["cost"], one["control"]["cost"], _control(one["control"])), one["differences"])
        for name, parts in by.items()
        for part, one in parts.items()
    ]
    return _paired(title, lead, rows, _titles(_DIFFERENCES))


def _control(of: Mapping[str, Any]) -> str:
    return f"{of['what']}, which is as much as was drawn" if of["short"] else str(of["what"])


def _judged(judge: str, by: Mapping[str, Any]) -> Table:
    """Reader and judge on the same prompts, so that their directions can be held against each other."""
    whose = {"reader": "the reader", "judge": judge.partition(".")[2]}
    rows = [
        ((name, part), {f"{m}.{who}": each for m, both in found.items() for who, each in both.items()})
        for name, parts in by.items()
        for part, found in parts.items()
    ]
    titles = {f"{m}.{who}": f"{_TITLES[m]} by {words}" for m in MEASURES for who, words in whose.items()}
    title = f"Reader and {judge}, where both scored both runs. Row − {LOOP}"
    note = "Agreement in direction is that of the means, whether or not an interval leaves out 0."
    return _paired(title, _LEAD, rows, titles, notes=(note,))


def _paired(
    title: str, lead: Sequence[Column], rows: _Rows, titles: Mapping[str, str], notes: Sequence[str] = ()
) -> Table:
    """A column for each metric of `titles`; rows in which nothing is paired are left out."""
    kept = [(first, found) for first, found in rows if any(one["n"] for one in found.values())]
    counts, counted = _counts([found for _, found in kept], titles)
    columns = (*lead, *(Column(name=m, title=each, kind="difference") for m, each in titles.items()), *counts)
    cells = (
        (*first, *(estimate(found.get(metric)) for metric in titles), *n)
        for (first, found), n in zip(kept, counted, strict=True)
    )
    return Table(title=title, columns=columns, rows=tuple(cells), notes=("Paired by prompt; 95 % intervals.", *notes))


def _titles(metrics: Sequence[str], rows: Sequence[Mapping[str, Any]] = ()) -> dict[str, str]:
    """Of those metrics that any of the rows has."""
    return {m: _TITLES.get(m, m) for m in metrics if not rows or any(m in row for row in rows)}


def _counts(rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> tuple[list[Column], list[list[Cell]]]:
    """Of how many prompts each figure is: one column for all metrics that have the same number in every row."""
    alike: dict[tuple[int | None, ...], list[str]] = {}
    for metric in titles:
        alike.setdefault(tuple(row[metric]["n"] if metric in row else None for row in rows), []).append(metric)
    heads = ["n" if len(alike) == 1 else f"n: {', '.join(titles[m] for m in of)}" for of in alike.values()]
    columns = [Column(name=f"n.{i}", title=head, kind="count") for i, head in enumerate(heads)]
    return columns, [[n[index] for n in alike] for index in range(len(rows))]


def estimate(found: Mapping[str, Any] | None) -> Estimate | None:
    if found is None:
        return None
    return Estimate(mean=found["mean"], ci95=tuple(found["ci95"]), n=found["n"])
