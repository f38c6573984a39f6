"""From the runs of the ablation to its figures: scores, differences at three kinds of budget, headroom, cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rlrig_eval import extract
from rlrig_eval.metrics.appearance import colour_entropy, edge_density
from rlrig_eval.report.ablation.budget import Candidate, Cut, Operations, Spent, chosen, match, mean
from rlrig_eval.report.ablation.contestants import BEST, BOTH, CAP, LOOP, MOST, SINGLE, TRUTH, Drawn
from rlrig_eval.report.ablation.judged import beside_the_reader, judges_of
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scorers import GRAPH, graph_scores
from rlrig_eval.runs.scoring import Scoring, score_all
from rlrig_eval.runs.summary import PromptScores, planned_prompts, prompt_scores
from rlrig_eval.stats import cluster_mean_ci, differences_within, prompt_means

METRICS = ("all_correct", "requirements", "sg_iou", "pair_accuracy")
HARD, UNSEEN, ALL = "three or more relations", "unseen pairings", "all"
UNITS = ("images", "operations")
_TOLD = ("denoiser_evals", "vlm_calls")
_COSTS = (*UNITS, *_TOLD, "seconds")
WITH_REFERENCE = ("kontext", "qwen-edit")
"""Editors whose transformer reads the tokens of the picture that is edited beside those of the one that is made."""


def figures(drawn: Drawn) -> dict[str, Any]:
    """The content of the report; nothing in it is estimated but what carries an interval."""
    runs = drawn.runs
    loop = runs[LOOP]
    work = operations(loop, runs[SINGLE])
    cuts, costs = best_of_n(runs[BEST]), {name: spending(run, work) for name, run in runs.items() if name != BEST}
    scores = {name: run.prompt_scores for name, run in runs.items() if name != BEST}
    at_cap = cuts[CAP - 1]
    scores[BEST], costs[BEST] = at_cap.scores, at_cap.spent
    every = subsets(loop)
    parts = {part: ids for part, ids in every.items() if ids}
    order = [name for name in runs if name in scores]
    final = {name: tuple(one.image or "" for one in _drawn(run)) for name, run in runs.items()}
    judges = judges_of(runs)
    looks = {name: appearance(runs[name], final[name] if name != BEST else at_cap.pictures) for name in order}
    return {
        "suite": loop.config.suite.model_dump(mode="json", exclude={"source"}),
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


def operations(loop: Opened, single: Opened) -> Operations:
    """What an edit of `loop` costs, in drawings, of which `single` makes one a sample."""
    settings = loop.config.settings or {}
    if settings["editor"]["kind"] in WITH_REFERENCE:
        return Operations.of(settings, int(settings["size"]))
    rows, drawings = _drawn(loop), [one.cost["denoiser_evals"] for one in _drawn(single)]
    spent = [one.cost["denoiser_evals"] for one in rows]
    return Operations.counted([_actions(loop, one) for one in rows], spent, sum(drawings) / len(drawings))


def spending(run: Opened, work: Operations) -> Spent:
    """What each prompt's samples took, as far as they say; operations are in drawings.

    No time of a run that found what it shares with others: that depends on which of them was drawn first.
    """
    shares = run.config.model.options.get("kept") is not None

    def of(one: SampleRow) -> dict[str, float]:
        images, told = one.cost.get("images", 1.0), {unit: one.cost[unit] for unit in _TOLD if unit in one.cost}
        took = {} if shares else {"seconds": one.seconds}
        return {"images": images, "operations": work(_actions(run, one)), **took, **told}

    return _by_prompt(_drawn(run), of)


def appearance(run: Opened, pictures: Sequence[str]) -> dict[str, float]:
    """Means over pictures of a run: edges and colours, which a reward that was bought would cost (UniRL #407)."""
    found: dict[str, list[float]] = {"edge_density": [], "colour_entropy": []}
    for name in pictures:
        with Image.open(run.folder / name) as picture:
            found["edge_density"].append(edge_density(np.asarray(picture.convert("L"))))
            found["colour_entropy"].append(colour_entropy(np.asarray(picture.convert("RGB"))))
    return {name: float(np.mean(values)) for name, values in found.items() if values}


def best_of_n(run: Opened) -> list[Cut]:
    """Best-of-1 to best-of-`MOST`, from the candidates of one run; each picture that any of them answers is read."""
    rows, suite = _drawn(run), run.suite
    rounds = {one.id: _rounds(run, one) for one in rows}
    candidates = {
        id_: [Candidate(r["reward"], sum(r["probabilities"].values()) / max(1, len(r["probabilities"]))) for r in found]
        for id_, found in rounds.items()
    }
    scoring = Scoring(suite, extract.build(run.config.extractor), {GRAPH: graph_scores})
    samples, read = {sample.id: sample for sample in run.samples}, dict[tuple[str, int], ScoreRow]()

    def picture(id_: str, k: int) -> str:
        trace = Path(run.rows[id_].trace or "")
        return str(trace.with_name(f"{trace.stem}_r{k}.png"))

    def answered(picked: Mapping[str, int]) -> dict[str, ScoreRow]:
        """The scores of one candidate of each sample; a picture that was read before is not read again."""
        new = {id_: k for id_, k in picked.items() if (id_, k) not in read}
        pictures = {id_: run.rows[id_].model_copy(update={"image": picture(id_, k)}) for id_, k in new.items()}
        found = score_all([samples[id_] for id_ in new], pictures, run.folder, scoring)
        read.update({(id_, k): scores[GRAPH] for (id_, k), scores in zip(new.items(), found, strict=True)})
        return {id_: read[id_, k] for id_, k in picked.items()}

    def up_to(cap: int, one: SampleRow) -> dict[str, float]:
        """What a sample took until its candidate `cap`; every candidate of a prompt costs the same."""
        drawn, of = rounds[one.id][:cap], len(rounds[one.id])
        told = {unit: one.cost[unit] / of * len(drawn) for unit in _TOLD if unit in one.cost}
        return {"images": len(drawn), "operations": len(drawn), "seconds": sum(r["seconds"] for r in drawn), **told}

    cuts = []
    for cap in range(1, MOST + 1):
        picked = {one.id: chosen(candidates[one.id], cap) for one in rows}
        scores = prompt_scores(run.samples, {GRAPH: answered(picked)})
        spent = _by_prompt(rows, partial(up_to, cap))
        cuts.append(Cut(cap, scores, spent, tuple(picture(id_, k) for id_, k in picked.items())))
    return cuts


def _by_prompt(rows: Sequence[SampleRow], of: Callable[[SampleRow], Mapping[str, float]]) -> Spent:
    told = [(one.prompt_id, of(one)) for one in rows]
    return {unit: prompt_means((id_, each[unit]) for id_, each in told if unit in each) for unit in _COSTS}


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


def _drawn(run: Opened) -> list[SampleRow]:
    return [run.rows[sample.id] for sample in run.samples if run.rows[sample.id].status == "ok"]


def _actions(run: Opened, one: SampleRow) -> list[str]:
    return [r["action"] for r in _rounds(run, one)] if one.trace else ["draw"]


def _rounds(run: Opened, one: SampleRow) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run.folder / (one.trace or "")).read_text())["rounds"]
    return found
