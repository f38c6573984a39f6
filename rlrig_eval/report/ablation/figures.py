"""From the runs of the ablation to its figures: scores, differences at three kinds of budget, headroom, cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from rlrig_eval.metrics.appearance import colour_entropy, edge_density
from rlrig_eval.report.ablation.budget import CAP, Cut, Spent, match, mean
from rlrig_eval.report.ablation.contestants import BEST, BOTH, LOOP, SINGLE, TRUTH, Drawn
from rlrig_eval.report.ablation.cuts import best_of_n
from rlrig_eval.report.ablation.judged import beside_the_reader, judges_of, verdicts
from rlrig_eval.report.ablation.spending import UNITS, operations, spending
from rlrig_eval.report.ablation.traces import drawn_rows
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.summary import PromptScores, planned_prompts
from rlrig_eval.stats import cluster_mean_ci, differences_within

METRICS = ("all_correct", "requirements", "sg_iou", "pair_accuracy")
HARD, UNSEEN, ALL = "three or more relations", "unseen pairings", "all"


def figures(drawn: Drawn) -> dict[str, Any]:
    """The content of the report; nothing in it is estimated but what carries an interval."""
    runs = drawn.runs
    loop = runs[LOOP]
    work = operations(loop, runs[SINGLE])
    cuts, costs = best_of_n(runs[BEST]), {name: spending(run, work) for name, run in runs.items() if name != BEST}
    scores = {name: run.prompt_scores for name, run in runs.items() if name != BEST}
    at_cap = cuts[CAP - 1]
    scores[BEST], costs[BEST] = {**at_cap.scores, **verdicts(drawn.capped)}, at_cap.spent
    every = subsets(loop)
    parts = {part: ids for part, ids in every.items() if ids}
    order = [name for name in runs if name in scores]
    final = {name: tuple(one.image or "" for one in drawn_rows(run)) for name, run in runs.items()}
    judges = judges_of(runs)
    looks = {name: appearance(runs[name], final[name] if name != BEST else at_cap.pictures) for name in order}
    return {
        "suite": loop.config.suite.model_dump(mode="json", exclude={"source"}),
        "seeds": list(loop.config.protocol.seeds),
        "prompts": {part: len(ids) for part, ids in every.items()},
        "settings": loop.config.settings,
        "edit_in_drawings": work.edit,
        "left_out": dict(drawn.left_out),
        "judges": judges,
        "training_seeds": sum(name.startswith(BOTH) for name in order),
        "rows": {name: row(name, scores, costs, loop, parts) | {"looks": looks.get(name)} for name in order},
        "same_cap": {
            reference: {
                name: differences(scores[name], scores[reference], loop, parts)
                for name in order
                if name not in (reference, TRUTH)
            }
            for reference in (LOOP, BEST)
        },
        "judged": {
            judge: beside_the_reader(judge, scores, [name for name in order if name not in (LOOP, TRUTH)], loop, parts)
            for judge in judges
        },
        **{f"matched_{unit}": matched(unit, order, scores, costs, cuts, loop, parts) for unit in UNITS},
    }


def subsets(run: Opened) -> dict[str, list[str]]:
    """The planned prompts, those of the comparison that was stated beforehand, and those of pairings held out."""
    prompts = planned_prompts(run.samples)
    return {
        ALL: [p.id for p in prompts],
        HARD: [p.id for p in prompts if len(p.graph.relations) >= 3],
        UNSEEN: [p.id for p in prompts if "unseen" in p.tags],
    }


def row(
    name: str,
    scores: Mapping[str, PromptScores],
    costs: Mapping[str, Spent],
    about: Opened,
    parts: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Means with intervals, cost, and for rows between the single pass and the truth how much of that they close."""
    own = scores[name]
    return {
        "metrics": {part: _means(own, about, ids) for part, ids in parts.items()},
        "cost": {unit: mean(by.values()) for unit, by in costs[name].items()},
        "images_per_solved": images_per_solved(costs[name], own),
        "headroom": {metric: headroom(scores, name, metric) for metric in ("all_correct", "sg_iou") if TRUTH in scores},
        "ratio": {metric: _ratio(scores, name, metric) for metric in ("all_correct", "sg_iou")},
    }


def images_per_solved(costs: Spent, scores: PromptScores) -> float | None:
    """All images that were drawn, those of prompts that could not be scored too, over the prompts that were solved."""
    solved = sum(value or 0.0 for value in scores["all_correct"].values())
    return sum(costs["images"].values()) / solved if solved else None


def headroom(scores: Mapping[str, PromptScores], name: str, metric: str) -> float | None:
    """(row - single pass) / (truth through the VAE - single pass), over the prompts that all three scored."""
    three = [scores[one][metric] for one in (name, SINGLE, TRUTH)]
    shared = [p for p in three[0] if all(one.get(p) is not None for one in three)]
    own, floor, ceiling = (sum(one[p] or 0.0 for p in shared) for one in three)
    return (own - floor) / (ceiling - floor) if ceiling > floor else None


def differences(
    one: PromptScores, other: PromptScores, about: Opened, parts: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Part -> metric -> one - other, paired by prompt, with a 95 % interval over groups."""
    shared = {metric for metric in one if metric in other and (metric in METRICS or metric.startswith("judge."))}
    found = differences_within(
        {metric: one[metric] for metric in sorted(shared)},
        {metric: other[metric] for metric in sorted(shared)},
        about.groups,
        parts,
    )
    return {part: {metric: each.as_dict() for metric, each in by.items()} for part, by in found.items()}


def matched(
    unit: str,
    order: Sequence[str],
    scores: Mapping[str, PromptScores],
    costs: Mapping[str, Spent],
    cuts: Sequence[Cut],
    about: Opened,
    parts: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Row -> part -> each loop against a best-of-n that spends as much of `unit` on a prompt of that part, in the mean.

    Costs are those of the prompts that both drew.
    """
    found = dict[str, Any]()
    for name in order:
        own = costs[name].get(unit, {})
        for part, ids in parts.items() if name not in (SINGLE, BEST, TRUTH) else ():
            both = [i for i in ids if i in own and i in cuts[0].spent[unit]]
            cost = mean([own[i] for i in both])
            if cost is None:
                continue
            control = match(cuts, unit, cost, both)
            found.setdefault(name, {})[part] = {
                "cost": cost,
                "control": {"what": control.words(), "cost": control.cost, "short": control.short},
                "differences": differences(scores[name], control.scores, about, {part: ids})[part],
            }
    return found


def appearance(run: Opened, pictures: Sequence[str]) -> dict[str, float]:
    """Means over pictures of a run: edges and colours, which a reward that was bought would cost (UniRL #407)."""
    found: dict[str, list[float]] = {"edge_density": [], "colour_entropy": []}
    for name in pictures:
        with Image.open(run.folder / name) as picture:
            found["edge_density"].append(edge_density(np.asarray(picture.convert("L"))))
            found["colour_entropy"].append(colour_entropy(np.asarray(picture.convert("RGB"))))
    return {name: float(np.mean(values)) for name, values in found.items() if values}


def _means(scores: PromptScores, about: Opened, ids: Sequence[str]) -> dict[str, Any]:
    groups = about.groups
    return {
        metric: cluster_mean_ci([found.get(i) for i in ids], [groups[i] for i in ids]).as_dict()
        for metric, found in scores.items()
        if metric in METRICS or metric.startswith("judge.")
    }


def _ratio(scores: Mapping[str, PromptScores], name: str, metric: str) -> float | None:
    """Row / single pass, the paper's way of stating a gain."""
    one, floor = scores[name][metric], scores[SINGLE][metric]
    shared = [p for p in one if one[p] is not None and floor.get(p) is not None]
    below = sum(floor[p] or 0.0 for p in shared)
    return sum(one[p] or 0.0 for p in shared) / below if below else None
