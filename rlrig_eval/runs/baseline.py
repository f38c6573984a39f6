"""Baseline files: the per-prompt scores of a run, and the rule by which later runs are held to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.compare import PRIMARY, require_comparable, terms
from rlrig_eval.runs.config import Provenance
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import peaks
from rlrig_eval.runs.summary import planned_prompts, summarise
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.stats import Gate, gate
from rlrig_eval.stats.paired import Verdict

Scores = Mapping[str, float | None]
ROUNDING = 1e-9
"""Two scores of a deterministic part are equal within this: sums of floats may be taken in another order."""


class Rule(Frozen):
    """How a run is held to its baseline.

    `statistical`: it fails when `metric` fell by more than `delta`, and fewer than `least_n` prompts tell nothing.
    `exact`, for deterministic parts: every score of every metric and prompt must be the baseline's.
    """

    gate: Literal["statistical", "exact"] = "statistical"
    metric: str
    delta: float = Field(ge=0, le=1)
    least_n: int = Field(ge=1)


class Standing(Frozen):
    """What a leaderboard says of a run beside its scores.

    `suite` is in words (name, version, split); `coverage` and `cost` as in ``summary.json``; `seconds_per_sample`
    is the mean time of drawing; `groups`: prompt id -> group; `by_tag`: tag -> `all_correct`; `peak_mib`: the most
    memory that a batch took, by where it is (ram, gpu), empty in files that were written before it was kept.
    """

    suite: str
    coverage: dict[str, int]
    cost: dict[str, float | None]
    seconds_per_sample: float | None
    groups: dict[str, str]
    by_tag: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)
    peak_mib: dict[str, float] = Field(default_factory=dict)


class Baseline(Frozen):
    """The content of ``baselines/results/<suite>/<model>.json``. `prompts`: metric -> prompt id -> score.

    `how` has the command, the versions and the hardware of the run that it was made from. `standing` is absent
    in files that were written before leaderboards were made of them; the gate does not read it.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    model: str
    settings: dict[str, Any]
    terms: dict[str, Any]
    rule: Rule
    metrics: dict[str, dict[str, Any]]
    prompts: dict[str, dict[str, float | None]]
    standing: Standing | None = None
    how: Provenance


@dataclass(frozen=True)
class Check:
    """A run held against a baseline. `verdict` is the one value that text, XML and exit code come from.

    `gate` has the bounds of the metric in the rule; `moved` the prompts whose score fell in it (statistical) or
    the ``metric/prompt`` whose score changed (exact).
    """

    suite: str
    model: str
    baseline: str
    rule: Rule
    verdict: Verdict
    gate: Gate
    moved: tuple[str, ...]

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
        terms=terms(run.config),
        rule=rule,
        metrics=summary["metrics"],
        prompts=run.prompt_scores,
        standing=_standing(run, summary),
        how=run.config.provenance,
    )


def _standing(run: Opened, summary: Mapping[str, Any]) -> Standing:
    rows = [run.rows[sample.id] for sample in run.samples]
    seconds = [row.seconds for row in rows]
    return Standing(
        suite=_in_words(run),
        coverage=summary["coverage"],
        cost=summary["cost"],
        seconds_per_sample=sum(seconds) / len(seconds) if seconds else None,
        groups={prompt.id: prompt.group for prompt in planned_prompts(run.samples)},
        by_tag={tag: {PRIMARY: found[PRIMARY]} for tag, found in summary["by_tag"].items() if PRIMARY in found},
        peak_mib={place: max(found) for place, found in peaks(rows).items()},
    )


def _in_words(run: Opened) -> str:
    return f"{run.suite.name} {run.suite.version} {run.suite.split}"


def held_against(run: Opened, baseline: Baseline) -> Check:
    """The verdict on `run`.

    Raises:
        NotComparable: suite, protocol, extractor or judges differ.
        UsageError: the run or the baseline lacks the rule's metric.
    """
    require_comparable(terms(run.config), baseline.terms)
    rule = baseline.rule
    for scores in (run.prompt_scores, baseline.prompts):
        if rule.metric not in scores:
            raise UsageError.unknown("metric", rule.metric, scores)
    now, then = run.prompt_scores[rule.metric], baseline.prompts[rule.metric]
    found = gate(now, then, run.groups, rule.delta)
    if rule.gate == "exact":
        moved = changed(run.prompt_scores, baseline.prompts)
        verdict: Verdict = "fail" if moved else "pass"
    else:
        moved = tuple(sorted(p for p in now.keys() & then.keys() if _fell(now[p], then[p])))
        verdict = found.verdict if found.n >= rule.least_n else "inconclusive"
    return Check(_in_words(run), run.config.model.name, baseline.model, rule, verdict, found, moved)


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
