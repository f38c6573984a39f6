"""What a judge and the reader say of the same difference, each measure beside its own and on the same prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlrig_eval.report.ablation.contestants import BEST, LOOP
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.summary import PromptScores
from rlrig_eval.stats import differences_within

MEASURES = {"requirements": "", "all_correct": ".all_correct"}
"""The reader's metric -> what the judge's, of the same meaning, ends in. Its other counts of the same answers (parents
as answered, P(yes)) are no further witnesses, so they decide nothing and stand in the JSON alone."""


def judges_of(runs: Mapping[str, Opened]) -> list[str]:
    """The judges' headlines: which metrics are a judge's, and where its slug ends, the runs alone can tell."""
    return sorted({judge.metric for name, run in runs.items() if name != BEST for judge in run.config.all_judges})


def verdicts(run: Opened | None) -> PromptScores:
    """What judges say of a run, by metric and prompt; nothing of none."""
    scores = {} if run is None else run.prompt_scores
    return {metric: by for metric, by in scores.items() if metric.startswith("judge.")}


def shown(judges: Sequence[str]) -> list[str]:
    """What tables have of the judges."""
    return [judge + ending for judge in judges for ending in MEASURES.values()]


def beside_the_reader(
    judge: str, scores: Mapping[str, PromptScores], order: Sequence[str], about: Opened, parts: Mapping[str, Any]
) -> dict[str, Any]:
    """Row -> part -> measure -> row - loop without RL by "reader" and by "judge", where both scored both runs.

    A row that the judge was not asked about is not in it.
    """
    return {
        name: _both(judge, scores[name], scores[LOOP], about, parts)
        for name in order
        if judge in scores[name] and judge in scores[LOOP]
    }


def _both(
    judge: str, one: PromptScores, other: PromptScores, about: Opened, parts: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {part: {} for part in parts}
    for measure, ending in MEASURES.items():
        metrics = {"reader": measure, "judge": judge + ending}
        four = [scores.get(metric, {}) for scores in (one, other) for metric in metrics.values()]
        shared = [prompt for prompt in four[0] if all(scores.get(prompt) is not None for scores in four)]
        own, loop = (
            {who: {prompt: scores[metric][prompt] for prompt in shared} for who, metric in metrics.items()}
            for scores in (one, other)
        )
        for part, by in differences_within(own, loop, about.groups, parts).items():
            found[part][measure] = {who: each.as_dict() for who, each in by.items()}
    return found
