"""From rows to a summary: pure, with no clock in it, so that the same rows give the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import FiniteFloat

from rlrig_eval.judges import Usage
from rlrig_eval.judges.registry import PREFIX
from rlrig_eval.metrics import pair_accuracy
from rlrig_eval.runs.calibration_record import Calibration
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.published.totals import totals
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scorers import GRAPH, GRAPH_METRICS
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.stats import cluster_mean_ci, prompt_means
from rlrig_eval.suite import Prompt, Suite

SCHEMA = 1
PAIR_ACCURACY, VISOR, GENEVAL = "pair_accuracy", "visor", "geneval"

Rows = Mapping[str, SampleRow]
ScorerRows = Mapping[str, Mapping[str, ScoreRow]]
PromptScores = dict[str, dict[str, float | None]]
"""Metric -> prompt id -> mean over its seeds; None where nothing was scored."""


class Estimate(Frozen):
    """A measured mean with its 95 % interval, in the form that `summary.json` keeps. None: not known."""

    mean: FiniteFloat | None
    ci95: tuple[FiniteFloat | None, FiniteFloat | None] = (None, None)
    n: int | None = None


def summarise(config: RunConfig, samples: Sequence[Sample], rows: Rows, scores: ScorerRows) -> dict[str, Any]:
    """The content of ``summary.json``.

    Args:
        samples: every planned sample, in the order of the plan.
        rows, scores: by sample id (and scorer); those of samples that are not planned are ignored.
    """
    prompts = planned_prompts(samples)
    by_metric = prompt_scores(samples, scores)
    tags = sorted({tag for prompt in prompts for tag in prompt.tags})
    return {
        "schema": SCHEMA,
        **({} if config.calibration is None else {"calibration": calibration_of(config.calibration)}),
        "suite": config.suite.model_dump(mode="json", exclude={"source"}) | {"prompts": len(prompts)},
        "model": config.model.name,
        "protocol": config.protocol.model_dump(mode="json"),
        "settings": config.settings or {},
        "extractor": config.extractor.identity(),
        "judges": [judge.identity() | spent(scores.get(judge.metric, {}), samples) for judge in config.all_judges],
        "coverage": coverage(samples, rows, list(scores.values())),
        "coverage_by_scorer": {name: coverage(samples, rows, [seen]) for name, seen in sorted(scores.items())},
        "metrics": _intervals(by_metric, prompts)
        | totals(
            by_metric,
            prompts,
            len(config.protocol.seeds),
            _scored(samples, scores.get(VISOR, {})),
            _scored(samples, scores.get(GENEVAL, {})),
        ),
        "by_tag": {tag: _intervals(by_metric, [p for p in prompts if tag in p.tags]) for tag in tags},
        "cost": _cost([rows[sample.id] for sample in samples if sample.id in rows]),
    }


def calibration_of(found: Calibration) -> dict[str, Any]:
    """What the calibration of a run's chain came to; `failure` is null when every part passed."""
    return {"failure": found.failure, **found.model_dump(mode="json")}


def planned_prompts(samples: Sequence[Sample]) -> list[Prompt]:
    """Each prompt of a plan once, in its order."""
    return list({sample.prompt.id: sample.prompt for sample in samples}.values())


def coverage(samples: Sequence[Sample], rows: Rows, scores: Sequence[Mapping[str, ScoreRow]]) -> dict[str, int]:
    """How many samples were planned, scored by all of `scores`, in error, and drawn but not scored.

    Samples that are owed (an interrupted run, a shard still out) are planned and in none of the others.
    """
    count = {"planned": len(samples), "ok": 0, "error": 0, "unscored": 0}
    for sample in samples:
        row = rows.get(sample.id)
        verdicts = [seen[sample.id].status if sample.id in seen else None for seen in scores]
        if row is None:
            continue
        if row.status == "error" or "error" in verdicts:
            count["error"] += 1
        elif "unscored" in verdicts:
            count["unscored"] += 1
        elif None not in verdicts:
            count["ok"] += 1
    return count


def prompt_scores(samples: Sequence[Sample], scores: ScorerRows) -> PromptScores:
    """Every metric by prompt; what `compare` and `check` pair up."""
    values: dict[str, list[tuple[str, float | None]]] = {}
    for scorer in sorted(scores):
        seen = [(sample.prompt.id, _values(scores[scorer].get(sample.id))) for sample in samples]
        metrics = GRAPH_METRICS if scorer == GRAPH else sorted({name for _, found in seen for name in found})
        if scorer.startswith(PREFIX):  # the headline is there even when nothing could be judged
            metrics = list(dict.fromkeys(["score", *metrics]))
        for metric in metrics:
            name = metric_name(scorer, metric)
            values[name] = [(prompt, found.get(metric)) for prompt, found in seen]
    found = {
        name: {prompt: None if mean != mean else mean for prompt, mean in prompt_means(seen).items()}
        for name, seen in values.items()
    }
    if GRAPH in scores:
        found[PAIR_ACCURACY] = _pair_accuracy(samples, scores[GRAPH])
    return found


def _scored(samples: Sequence[Sample], seen: Mapping[str, ScoreRow]) -> Mapping[str, int]:
    """Of how many samples of a prompt a scorer says something."""
    told = (s.prompt.id for s in samples if any(v is not None for v in _values(seen.get(s.id)).values()))
    return Counter(told)


def metric_name(scorer: str, value: str) -> str:
    """The name that a scorer's value has in a summary.

    >>> metric_name("graph", "sg_iou"), metric_name("crowding", "ratio"), metric_name("judge.vlm", "score")
    ('sg_iou', 'crowding.ratio', 'judge.vlm')
    """
    headline = scorer.startswith(PREFIX) and value == "score"
    return value if scorer == GRAPH else scorer if headline else f"{scorer}.{value}"


def scorer_of(metric: str, scorers: Iterable[str]) -> str:
    """Whose metric it is: the graph's have no prefix, any other's begin with the name of their scorer.

    >>> scorer_of("judge.vlm.soft_am", ["graph", "judge.vlm"]), scorer_of("pair_accuracy", ["graph", "judge.vlm"])
    ('judge.vlm', 'graph')
    """
    return max((name for name in scorers if f"{metric}.".startswith(f"{name}.")), key=len, default=GRAPH)


def spent(seen: Mapping[str, ScoreRow], samples: Sequence[Sample]) -> dict[str, Any]:
    """What the verdicts of one judge took: {"usage": {"calls", "prompt_tokens", "completion_tokens", "usd"}}.

    A kept reply counts as what it cost when it was first given; `usd` is None where a price is not known.
    """
    rows = [seen[sample.id] for sample in samples if sample.id in seen]
    used = [Usage(**row.evidence["usage"]) for row in rows if "usage" in row.evidence]
    return {"usage": asdict(sum(used, start=Usage(calls=0, usd=0.0)))}


def _pair_accuracy(samples: Sequence[Sample], scores: Mapping[str, ScoreRow]) -> dict[str, float | None]:
    correct = {
        (sample.prompt.id, sample.job.seed): bool(right)
        for sample in samples
        if (right := _values(scores.get(sample.id)).get("all_correct")) is not None
    }
    return dict(pair_accuracy(correct, {s.prompt.id: s.prompt.twin for s in samples if s.prompt.twin is not None}))


def _values(row: ScoreRow | None) -> Mapping[str, float | None]:
    return row.values if row is not None and row.status == "ok" else {}


def _intervals(by_metric: PromptScores, prompts: Sequence[Prompt]) -> dict[str, Any]:
    found = {}
    for metric, by_prompt in by_metric.items():
        scored = [(by_prompt[prompt.id], prompt.group) for prompt in prompts if prompt.id in by_prompt]
        interval = cluster_mean_ci([value for value, _ in scored], [group for _, group in scored])
        found[metric] = interval.as_dict()
    return found


def _cost(rows: Sequence[SampleRow]) -> dict[str, float | None]:
    """Means over the samples that state a cost; None where the model does not say."""
    names = {"images", "denoiser_evals", "vlm_calls"}.union(*(row.cost for row in rows))
    stated = {name: [row.cost[name] for row in rows if name in row.cost] for name in sorted(names)}
    return {f"{name}_per_sample": sum(costs) / len(costs) if costs else None for name, costs in stated.items()}


def judge_short(config: RunConfig, samples: Sequence[Sample], rows: Rows, scores: ScorerRows) -> str | None:
    """Which judges end the run in exit 1 and why, or None when each has a verdict on every picture."""
    drawn = [sample for sample in samples if sample.id in rows and rows[sample.id].status == "ok"]
    short = []
    for judge in config.all_judges:
        seen = scores[judge.metric]
        missed = [seen.get(sample.id) for sample in drawn if sample.id not in seen or seen[sample.id].status != "ok"]
        if missed:
            reason = next((row.reason for row in missed if row is not None and row.reason), "not asked yet")
            short.append(f"{judge.metric}: {len(missed)} of {len(drawn)} pictures are unscored ({reason})")
    return "; ".join(short) or None


def _first_reason(status: str, samples: Sequence[Sample], rows: Rows, scores: Sequence[Mapping[str, ScoreRow]]) -> str:
    """The first reason why a sample is in error, or unscored, in brackets and on one line; nothing where none says."""
    for sample in samples:
        row = rows.get(sample.id)
        drawn = [row.error] if row is not None and row.status == status else []
        read = (seen[sample.id] for seen in scores if sample.id in seen)
        said = next(filter(None, (*drawn, *(found.reason for found in read if found.status == status))), None)
        if said is not None:
            return f" ({' '.join(said.split())})"
    return ""


def falls_short(
    suite: Suite, samples: Sequence[Sample], rows: Rows, scores: Sequence[Mapping[str, ScoreRow]]
) -> str | None:
    """Why a run of these samples ends in exit 1, with the first reason of a sample, or None when it ends well."""
    covered = coverage(samples, rows, scores)
    if covered["error"]:
        why = _first_reason("error", samples, rows, scores)
        return f"{covered['error']} of {covered['planned']} samples are in error{why}"
    share = covered["ok"] / covered["planned"] if covered["planned"] else 1.0  # a shard may have no batch to draw
    least = suite.error_policy.min_coverage
    if share < least:
        counts = f"{covered['ok']}/{covered['planned']} scored"
        why = _first_reason("unscored", samples, rows, scores)
        return f"coverage {share:.1%} is under the suite's {least:.1%} ({counts}){why}"
    return None
