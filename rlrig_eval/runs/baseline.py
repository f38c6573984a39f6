"""Baseline files: the per-prompt scores of a run, and the rule by which later runs are held to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, FiniteFloat, NonNegativeInt

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.compare import PRIMARY, other_scorers, require_comparable, require_one_scorer, terms
from rlrig_eval.runs.config import Provenance
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import peaks
from rlrig_eval.runs.summary import (
    Estimate,
    coverage,
    falls_short,
    planned_prompts,
    prompt_scores,
    scorer_of,
    summarise,
)
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.stats import Gate, gate
from rlrig_eval.stats.paired import Verdict
from rlrig_eval.suite import Protocol

Scores = Mapping[str, float | None]
ROUNDING = 1e-9
"""Two scores of a deterministic part are equal within this: sums of floats may be taken in another order."""


class Rule(Frozen):
    """How a run is held to its baseline.

    `statistical`: it fails when `metric` fell by more than `delta`, and fewer than `least_n` prompts tell nothing. It
    does not pass while it is not finished, nor where it leaves more unscored than its suite forgives.
    `exact`, for deterministic parts: every score of every metric and prompt must be the baseline's.
    """

    gate: Literal["statistical", "exact"] = "statistical"
    metric: str
    delta: float = Field(ge=0, le=1)
    least_n: int = Field(ge=1)


class _Suite(Frozen, extra="allow"):
    name: str


class _Protocol(Protocol):
    """A protocol that leaves nothing to a default: what a file does not say is not what its run was asked."""

    seeds: tuple[NonNegativeInt, ...]
    images_per_prompt: int
    variant: str = Field(min_length=1)


class _Reader(Frozen, extra="allow"):
    name: str
    version: str
    options: dict[str, Any] = Field(default_factory=dict, exclude_if=lambda options: not options)


class _Judge(Frozen, extra="allow"):
    slug: str


class Terms(Frozen, extra="allow"):
    """What `compare.terms` says of a run: the parts that are read by name; the rest is compared as it was written."""

    suite: _Suite
    protocol: _Protocol
    extractor: _Reader
    judges: tuple[_Judge, ...]
    added_judges: tuple[_Judge, ...] = Field(default=(), exclude_if=lambda judges: not judges)

    def as_dict(self) -> dict[str, Any]:
        """In the form of `compare.terms`."""
        return self.model_dump(mode="json")


class Counts(Frozen):
    """How many samples were planned, and what became of them."""

    planned: int
    ok: int
    error: int
    unscored: int


class Standing(Frozen):
    """What a leaderboard says of a run beside its scores.

    `suite` is in words (name, version, split); `coverage`, `coverage_by_scorer` and `cost` as in ``summary.json``;
    `seconds_per_sample` is the mean time of drawing; `groups`: prompt id -> group; `by_tag`: tag -> `all_correct`;
    `peak_mib`: the most memory that a batch took, by where it is (ram, gpu); `distrust`: why the run's chain failed its
    calibration. What was not kept yet when a file was written is empty in it.
    """

    suite: str
    coverage: Counts
    coverage_by_scorer: dict[str, Counts] = Field(default_factory=dict)
    cost: dict[str, FiniteFloat | None]
    seconds_per_sample: FiniteFloat | None
    groups: dict[str, str]
    by_tag: dict[str, dict[str, Estimate]] = Field(default_factory=dict)
    peak_mib: dict[str, FiniteFloat] = Field(default_factory=dict)
    distrust: str | None = Field(default=None, exclude_if=lambda why: why is None)


class Baseline(Frozen):
    """The content of ``baselines/results/<suite>/<model>.json``. `prompts`: metric -> prompt id -> score.

    `how` has the command, the versions and the hardware of the run that it was made from. `standing` is absent
    in files that were written before leaderboards were made of them; the gate does not read it. `partly`: metric ->
    prompt id -> how many seeds have a score, of prompts where some have none; other scores are of every seed.
    `scorer_sha256`: as of a run.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    model: str
    settings: dict[str, Any]
    terms: Terms
    rule: Rule
    metrics: dict[str, Estimate]
    prompts: dict[str, dict[str, FiniteFloat | None]]
    partly: dict[str, dict[str, int]] = Field(default_factory=dict, exclude_if=lambda counts: not counts)
    scorer_sha256: dict[str, str] = Field(default_factory=dict, exclude_if=lambda hashes: not hashes)
    standing: Standing | None = None
    how: Provenance


@dataclass(frozen=True)
class Check:
    """A run held against a baseline. `verdict` is the one value that text, XML and exit code come from.

    `gate` has the bounds of the metric in the rule; `moved` the prompts whose score fell in it (statistical) or
    the ``metric/prompt`` whose score changed (exact). Of the `owed` samples that the baseline scored and the run
    planned, `lost` counts those without a score, by prompt; `doubts` are why it cannot pass. `coverage` is by the
    scorer of that metric (exact: by all of them), `shortfall` why that is too little for the suite, `distrust` why the
    numbers of the run, or of the baseline, are not to be believed.
    """

    suite: str
    model: str
    baseline: str
    rule: Rule
    verdict: Verdict
    gate: Gate
    moved: tuple[str, ...]
    coverage: Mapping[str, int]
    shortfall: str | None
    owed: int
    lost: Mapping[str, int]
    doubts: tuple[str, ...]
    distrust: tuple[str, ...] = ()

    def failed(self, strict: bool) -> bool:
        """Whether the gate is shut: `strict` shuts it on "inconclusive" too."""
        return self.verdict == "fail" or (strict and self.verdict == "inconclusive")


def baseline_of(run: Opened, rule: Rule) -> Baseline:
    """The baseline that a finished run makes.

    Raises:
        UsageError: the run is not finished, or has no such metric.
    """
    if run.config.status != "finished":
        raise UsageError(f"{run.folder}: the run is {run.config.status}, and only a finished one makes a baseline")
    if rule.metric not in run.prompt_scores:
        raise UsageError.unknown("metric", rule.metric, run.prompt_scores)
    summary = summarise(run.config, run.samples, run.rows, run.scores)
    return Baseline(
        model=run.config.model.name,
        settings=run.config.settings or {},
        terms=Terms.model_validate(terms(run.config)),
        rule=rule,
        metrics=summary["metrics"],
        prompts=run.prompt_scores,
        partly=_partly(run),
        scorer_sha256=run.config.scorer_sha256,
        standing=_standing(run, summary),
        how=run.config.provenance,
    )


def _standing(run: Opened, summary: Mapping[str, Any]) -> Standing:
    rows = [run.rows[sample.id] for sample in run.samples]
    seconds = [row.seconds for row in rows]
    return Standing(
        suite=_in_words(run),
        coverage=summary["coverage"],
        coverage_by_scorer=summary["coverage_by_scorer"],
        cost=summary["cost"],
        seconds_per_sample=sum(seconds) / len(seconds) if seconds else None,
        groups={prompt.id: prompt.group for prompt in planned_prompts(run.samples)},
        by_tag={tag: {PRIMARY: found[PRIMARY]} for tag, found in summary["by_tag"].items() if PRIMARY in found},
        peak_mib={place: max(found) for place, found in peaks(rows).items()},
        distrust=run.config.distrust,
    )


def _in_words(run: Opened) -> str:
    return f"{run.suite.name} {run.suite.version} {run.suite.split}"


def held_against(run: Opened, baseline: Baseline) -> Check:
    """The verdict on `run`.

    Raises:
        NotComparable: suite, protocol, extractor or judges differ, or the file of a scorer that the rule looks at.
        UsageError: the run or the baseline lacks the rule's metric.
    """
    require_comparable(terms(run.config), baseline.terms.as_dict())
    rule = baseline.rule
    for scores in (run.prompt_scores, baseline.prompts):
        if rule.metric not in scores:
            raise UsageError.unknown("metric", rule.metric, scores)
    unlike = other_scorers(run.config.scorer_sha256, baseline.scorer_sha256)
    for metric in baseline.prompts if rule.gate == "exact" else [rule.metric]:
        require_one_scorer(metric, run.scores, unlike)
    now, then = run.prompt_scores[rule.metric], baseline.prompts[rule.metric]
    found = gate(now, then, run.groups, rule.delta)
    if rule.gate == "exact":
        moved = changed(run.prompt_scores, baseline.prompts)
        verdict: Verdict = "fail" if moved else "pass"
        said = list(run.scores.values())
    else:
        moved = tuple(sorted(p for p in now.keys() & then.keys() if _fell(now[p], then[p])))
        verdict = found.verdict if found.n >= rule.least_n else "inconclusive"
        said = [run.scores[scorer_of(rule.metric, run.scores)]]
    owed, lost = _lost(run, baseline)
    doubts = tuple(_doubts(run, owed, lost.total()))
    return Check(
        suite=_in_words(run),
        model=run.config.model.name,
        baseline=baseline.model,
        rule=rule,
        verdict="inconclusive" if doubts and verdict == "pass" else verdict,
        gate=found,
        moved=moved,
        coverage=coverage(run.samples, run.rows, said),
        shortfall=falls_short(run.suite, run.samples, run.rows, said),
        owed=owed,
        lost=lost,
        doubts=doubts,
        distrust=tuple(_distrust(run, baseline)),
    )


def _distrust(run: Opened, baseline: Baseline) -> Iterator[str]:
    if run.config.distrust is not None:
        yield run.config.distrust
    if baseline.standing is not None and baseline.standing.distrust is not None:
        yield f"the baseline: {baseline.standing.distrust}"


def _lost(run: Opened, baseline: Baseline) -> tuple[int, Counter[str]]:
    """How many planned samples the baseline has a score of, and by prompt how many of these the run has none of.

    Scores are paired by prompt, so that a sample that fails takes its score out of both sides: a model that fails
    where it is wrong would look no worse.
    """
    metric, seeds = baseline.rule.metric, len(_seeds(run))
    scored, partly = baseline.prompts[metric], baseline.partly.get(metric, {})
    planned = [prompt.id for prompt in planned_prompts(run.samples) if scored.get(prompt.id) is not None]
    then = Counter({prompt: partly.get(prompt, seeds) for prompt in planned})
    return then.total(), then - _seeds_scored(run)[metric]


def _doubts(run: Opened, owed: int, lost: int) -> Iterator[str]:
    if run.config.status != "finished":
        yield f"the run is not finished ({run.config.status})"
    least = run.suite.error_policy.min_coverage
    if owed and (owed - lost) / owed < least:
        yield f"{lost / owed:.1%} of what the baseline scored is unscored, and the suite forgives {1 - least:.1%}"


def _partly(run: Opened) -> dict[str, dict[str, int]]:
    every = len(_seeds(run))
    found = {
        metric: {prompt: count for prompt, count in counts.items() if count < every}
        for metric, counts in _seeds_scored(run).items()
    }
    return {metric: counts for metric, counts in found.items() if counts}


def _seeds_scored(run: Opened) -> dict[str, Counter[str]]:
    """Metric -> prompt id -> how many of its seeds have a score."""
    found = {metric: Counter[str]() for metric in run.prompt_scores}
    for seed in _seeds(run):
        of_seed = prompt_scores([sample for sample in run.samples if sample.job.seed == seed], run.scores)
        for metric, scores in of_seed.items():
            found[metric].update(prompt for prompt, score in scores.items() if score is not None)
    return found


def _seeds(run: Opened) -> set[int]:
    return {sample.job.seed for sample in run.samples}


def changed(now: Mapping[str, Scores], then: Mapping[str, Scores]) -> tuple[str, ...]:
    """``metric/prompt`` of every score of the baseline that is another, or missing, now.

    >>> changed({"m": {"p": 1.0}}, {"m": {"p": 1.0, "q": 0.5}})
    ('m/q',)
    """
    return tuple(
        f"{metric}/{prompt}"
        for metric, scores in then.items()
        for prompt, score in scores.items()
        if not _equal(now.get(metric, {}).get(prompt), score)
    )


def _equal(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else abs(a - b) <= ROUNDING


def _fell(now: float | None, then: float | None) -> bool:
    return now is not None and then is not None and now < then - ROUNDING
