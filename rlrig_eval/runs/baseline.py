"""Baselines: the per-prompt scores of a run, kept in a file that a later run is held against."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.compare import require_comparable, terms
from rlrig_eval.runs.config import Provenance
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.summary import summarise
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.stats import Gate, gate


class Rule(Frozen):
    """A run fails when `metric` fell by more than `delta`; fewer than `least_n` prompts tell nothing."""

    metric: str
    delta: float = Field(ge=0, le=1)
    least_n: int = Field(ge=1)


class Baseline(Frozen):
    """The content of ``baselines/results/<suite>/<model>.json``. `prompts`: metric -> prompt id -> score."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    model: str
    settings: dict[str, Any]
    terms: dict[str, Any]
    rule: Rule
    metrics: dict[str, dict[str, Any]]
    prompts: dict[str, dict[str, float | None]]
    how: Provenance


def baseline_of(run: Opened, rule: Rule) -> Baseline:
    """The baseline that a finished run makes.

    Raises:
        UsageError: the run is not finished, or has no such metric.
    """
    if run.config.status != "finished":
        raise UsageError(f"{run.folder}: the run is {run.config.status}, and only a finished one makes a baseline")
    if rule.metric not in run.prompt_scores:
        raise UsageError.unknown("metric", rule.metric, run.prompt_scores)
    return Baseline(
        model=run.config.model.name,
        settings=run.config.settings or {},
        terms=terms(run.config),
        rule=rule,
        metrics=summarise(run.config, run.samples, run.rows, run.scores)["metrics"],
        prompts=run.prompt_scores,
        how=run.config.provenance,
    )


def held_against(run: Opened, baseline: Baseline) -> Gate:
    """The gate's verdict on `run`; "inconclusive" on fewer shared prompts than the rule asks for.

    Raises:
        NotComparable: suite, protocol, extractor or judges differ.
    """
    require_comparable(terms(run.config), baseline.terms)
    rule = baseline.rule
    found = gate(run.prompt_scores.get(rule.metric, {}), baseline.prompts[rule.metric], run.groups, rule.delta)
    if found.n < rule.least_n:
        return Gate("inconclusive", found.mean, found.lower, found.upper, found.delta, found.n)
    return found
