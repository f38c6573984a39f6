"""The figures of the ablation as tables of Markdown, under what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlrig_eval.report.ablation.contestants import BEST, CAP, LOOP, SINGLE, TRUTH
from rlrig_eval.report.ablation.figures import ALL, HARD, UNSEEN
from rlrig_eval.report.ablation.promises import BAND, promises
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Cell, Column, Estimate, Table

_SHARES = ("all_correct", "requirements", "sg_iou", "pair_accuracy")
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
_ABOUT = """# What each part of RL-RIG adds

Made by `{command}`. Suite {suite}; every picture is read by the extractor, which no model ever saw. The Diffuser
and the rules of the loop are the same in every row. The comparison that was fixed beforehand is *{hard}*, all correct,
against *{loop}* and *{best}*.
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
    """What was to be reached; scores of all, hard and unseen prompts; cost; headroom; the three budgets."""
    found = [_promises(figures), *(_scores(figures, part) for part in (ALL, HARD, UNSEEN) if figures["prompts"][part])]
    found += [_cost(figures), _headroom(figures)]
    same = figures["same_cap"]
    found += [_differences(f"Same cap: at most {CAP} images. Row − {name}", by) for name, by in same.items()]
    for unit, words in (("images", "mean images"), ("operations", "denoiser operations")):
        by = figures[f"matched_{unit}"]
        notes = tuple(
            f"{name}: {one['cost']:.2f} {unit}, against {one['control']['what']} ({one['control']['cost']:.2f}"
            f"{', which is as much as was drawn' if one['control']['short'] else ''})."
            for name, one in by.items()
        )
        rows = {name: one["differences"] for name, one in by.items()}
        found.append(_differences(f"Equal {words}. Row − best-of-n that spends as much", rows, notes))
    return found


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
    judged = sorted({m for row in figures["rows"].values() for m in row["metrics"][part] if m.startswith("judge.")})
    metrics = (*_SHARES, *judged)
    rows = []
    for name, row in figures["rows"].items():
        cells = [_estimate(row["metrics"][part].get(metric)) for metric in metrics]
        scored = row["metrics"][part]["all_correct"]["n"]
        rows.append((name, *cells, scored / figures["prompts"][part]))
    columns = (
        Column(name="row", title="row"),
        *(Column(name=metric, title=_TITLES.get(metric, metric), kind="share") for metric in metrics),
        Column(name="coverage", title="coverage", kind="share"),
    )
    note = f"{figures['prompts'][part]} prompts. Brackets are 95 % intervals over groups of prompts."
    return Table(title=f"Scores: {part}", columns=columns, rows=tuple(rows), notes=(note,))


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
    looks = f"Edges and colours of the final pictures: a row below {BAND:.0%} of the single pass has bought its score."
    return Table(
        title="Cost and looks",
        columns=columns,
        rows=tuple(rows),
        notes=(f"Means of a prompt. {work}", looks.replace("%", " %")),
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


def _differences(title: str, by: Mapping[str, Any], notes: tuple[str, ...] = ()) -> Table:
    judged = sorted({m for parts in by.values() for found in parts.values() for m in found if m.startswith("judge.")})
    metrics = ("all_correct", "requirements", "sg_iou", *judged)
    rows: list[tuple[Cell, ...]] = []
    for name, parts in by.items():
        for part, found in parts.items():
            if found and next(iter(found.values()))["n"]:
                cells = [_estimate(found.get(metric)) for metric in metrics]
                rows.append((name, part, *cells, found["all_correct"]["n"]))
    columns = (
        Column(name="row", title="row"),
        Column(name="prompts", title="prompts"),
        *(Column(name=metric, title=_TITLES.get(metric, metric), kind="difference") for metric in metrics),
        Column(name="n", title="n", kind="count"),
    )
    return Table(title=title, columns=columns, rows=tuple(rows), notes=("Paired by prompt; 95 % intervals.", *notes))


def _estimate(found: Mapping[str, Any] | None) -> Estimate | None:
    if found is None:
        return None
    return Estimate(mean=found["mean"], ci95=tuple(found["ci95"]), n=found["n"])
