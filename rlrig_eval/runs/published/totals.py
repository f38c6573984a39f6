"""What is said of a whole run and is no mean over prompts: totals of published benchmarks, and consistency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from statistics import fmean
from typing import Any

from rlrig_eval.metrics.geneval import TAGS
from rlrig_eval.stats import cluster_mean_ci
from rlrig_eval.suite import Prompt

ByPrompt = Mapping[str, float | None]
"""Prompt id -> mean over its images; None where nothing was scored."""

PARAPHRASE = "paraphrase"
_NONE = {"mean": None, "ci95": [None, None], "n": 0}


def totals(
    by_metric: Mapping[str, ByPrompt],
    prompts: Sequence[Prompt],
    images: int,
    scored: Mapping[str, int],
    verdicts: Mapping[str, int] | None = None,
) -> dict[str, dict[str, Any]]:
    """Metric -> {"mean", "ci95", "n"}: ``geneval.overall``, VISOR's ``visor.cond``, ``visor.n1`` to ``visor.n4``, and
    ``paraphrase_consistency``.

    Args:
        by_metric: what the scorers say, by prompt. images: how many each prompt has. scored: of how many of them
            VISOR's scorer says something, by prompt. verdicts: the same of GenEval's; without it prompts weigh the
            same in ``geneval.overall`` too.
    """
    found: dict[str, dict[str, Any]] = {}
    for metric, total in (
        ("geneval.correct", "geneval.overall"),
        ("geneval.correct_corrected", "geneval.overall_corrected"),
    ):
        if metric in by_metric:
            whole = total.endswith("corrected")
            found[total] = _over_tags(by_metric[metric], prompts, whole, {} if whole else verdicts or {})
    if "visor.uncond" in by_metric:
        found |= _visor(by_metric["visor.oa"], by_metric["visor.uncond"], images, scored)
    if "all_correct" in by_metric and any(PARAPHRASE in prompt.tags for prompt in prompts):
        found["paraphrase_consistency"] = _consistency(by_metric["all_correct"], prompts)
    return found


def _consistency(correct: ByPrompt, prompts: Sequence[Prompt]) -> dict[str, Any]:
    """How alike the wordings of a question are answered: 1 less the range of their all-correct, a mean over questions.

    With one image a prompt it is the share of questions whose wordings are all right or all wrong. A model that is
    never right is wholly consistent. The wordings are the paraphrases of a group and the prompt that it is named after;
    a question with an unscored wording is left out.
    """
    wordings: dict[str, list[float | None]] = {}
    for prompt in prompts:
        if PARAPHRASE in prompt.tags or prompt.id == prompt.group:
            wordings.setdefault(prompt.group, []).append(correct.get(prompt.id))
    asked = {group: told for group, told in wordings.items() if len(told) > 1 and None not in told}
    if not asked:
        return dict(_NONE)
    scores = [1 - (max(known) - min(known)) for told in asked.values() if (known := [s for s in told if s is not None])]
    return cluster_mean_ci(scores, list(asked)).as_dict()


def _over_tags(scores: ByPrompt, prompts: Sequence[Prompt], whole: bool, weights: Mapping[str, int]) -> dict[str, Any]:
    """The unweighted mean of the tags' means; None where a prompt or a tag is missing and it is to be a `whole` one.

    A tag's mean is over prompts by their weights (1 without one): by how many images each has, it is that over images.
    The interval is that of the total's linear form: each prompt stands for the total, and for how far it is from its
    tag's mean, by the tag's weight. How many prompts a tag has is fixed, so tags of other means add no spread.
    """
    by_tag: dict[str, list[tuple[float, int, str]]] = {}
    for prompt in prompts:
        if (score := scores.get(prompt.id)) is not None:
            tag = next((tag for tag in prompt.tags if tag in TAGS), "")
            by_tag.setdefault(tag, []).append((score, weights.get(prompt.id, 1), prompt.group))
    count = sum(map(len, by_tag.values()))
    if not by_tag or (whole and (set(by_tag) != set(TAGS) or count < len(prompts))):
        return dict(_NONE)
    sizes = {tag: sum(weight for _, weight, _ in scored) for tag, scored in by_tag.items()}
    means = {tag: fsum(score * weight for score, weight, _ in scored) / sizes[tag] for tag, scored in by_tag.items()}
    total = fmean(means.values())
    linear = [
        (total + (score - means[tag]) * weight * count / (len(by_tag) * sizes[tag]), group)
        for tag, scored in by_tag.items()
        for score, weight, group in scored
    ]
    found = cluster_mean_ci([value for value, _ in linear], [group for _, group in linear])
    ends = [None if end is None else min(max(end, 0.0), 1.0) for end in (found.lo, found.hi)]
    return {"mean": total, "ci95": ends, "n": count}


def _visor(found: ByPrompt, right: ByPrompt, images: int, scored: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """All from counts of images, as published. No interval stands beside these: `cond` is a ratio, and counts are no
    means. An image that is missing is not right: VISOR_n counts those that are."""
    told = [
        (round(both * scored[name]), round(holds * scored[name]))
        for name, holds in right.items()
        if holds is not None and (both := found.get(name)) is not None and name in scored
    ]
    seen = sum(both for both, _ in told)
    totals = {"visor.cond": sum(holds for _, holds in told) / seen if seen else None}
    for least in range(1, images + 1):
        enough = sum(holds >= least for _, holds in told)
        totals[f"visor.n{least}"] = enough / len(told) if told else None
    return {name: {"mean": mean, "ci95": [None, None], "n": len(told)} for name, mean in totals.items()}
