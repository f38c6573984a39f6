"""A judge tried on the pictures of a run: repeats, controls, and agreement with whatever else has seen them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from rlrig_eval import judges
from rlrig_eval.errors import UsageError
from rlrig_eval.judges import Budget, JudgeSpec, Task
from rlrig_eval.judges.instruments import CONTROLS, Case, Heard, Truth, agreements, control, hear, read_labels, repeats
from rlrig_eval.judges.instruments.hearing import kinds
from rlrig_eval.judges.zeroing import HOLDS
from rlrig_eval.runs.judging import Asked, judging_of, recorded_specs
from rlrig_eval.runs.opened import Opened, open_run
from rlrig_eval.runs.rows import ScoreRow
from rlrig_eval.runs.scorers import GRAPH
from rlrig_eval.runs.store import replace_json


def try_judge(
    folder: Path,
    asked: Asked,
    again: int = 2,
    limit: int | None = None,
    labels: Path | None = None,
    max_calls: int | None = None,
    max_cost: float | None = None,
) -> dict[str, Any]:
    """The report on a judge, also written to ``aa/<slug>.json`` in the run's folder.

    Args:
        again: how often each picture is judged as it is, at least twice.
        limit: only the first so many pictures. labels: a CSV of human labels.

    Raises:
        UsageError: no run, no picture in it, no such judge, or labels that are not of this run.
    """
    if again < 2:
        raise UsageError(f"--repeats {again}: noise shows from two on")
    run = open_run(folder)
    judging = judging_of([asked], max_calls, max_cost)
    (spec,) = judging.specs
    cases = cases_of(run)[:limit]
    if not cases:
        raise UsageError(f"{folder}: there is no picture to judge")
    truths = truths_of(run, spec)
    human = None if labels is None else read_labels(labels, kinds(cases_of(run)))
    if human is not None:
        truths.append(Truth(f"human labels ({labels.name if labels else ''})", human.answers, zeroed=False))
    budget = judging.budget()
    heard = [hear(judges.build(spec, budget, turn), cases) for turn in range(again)]
    report = {
        "schema": 1,
        "judge": recorded_specs([spec])[0].identity(),
        "pictures": len(cases),
        "unscored": dict(list(heard[0].unscored.items())),
        "noise": repeats(heard, cases),
        "agreement": [agreements(heard[0], truth, cases) for truth in truths],
        "controls": _controls(spec, budget, cases, heard[0]),
        "letters": dict(sorted(heard[0].letters.items())),
        "length": length_bias(run, cases, heard[0]),
        "raters": None if human is None else {"raters": human.raters, "fleiss_kappa": human.fleiss_kappa},
    }
    replace_json(folder / "aa" / f"{spec.slug}.json", report)
    return report


def cases_of(run: Opened) -> list[Case]:
    """Every picture of a run, in the order of its plan."""
    found = []
    for sample in run.samples:
        row = run.rows.get(sample.id)
        if row is not None and row.status == "ok":
            requirements = sample.prompt.graph.requirements(run.suite.counting)
            task = Task(run.folder / (row.image or ""), sample.prompt.text, requirements)
            found.append(Case(sample.id, sample.prompt.id, sample.prompt.group, task))
    return found


def truths_of(run: Opened, judged: JudgeSpec) -> list[Truth]:
    """What else has been said of the run's pictures: by its extractor, and by its other judges."""
    read = {
        (row.id, one["id"]): bool(one["satisfied"])
        for row in _scored(run, GRAPH)
        for one in row.evidence.get("requirements", ())
    }
    extractor = f"extractor {run.config.extractor.name} {run.config.extractor.version}"
    truths = [Truth(extractor, read, zeroed=True)] if read else []
    for other in run.config.all_judges:
        said = {(row.id, name): p >= HOLDS for row in _scored(run, other.metric) for name, p in _answers(row).items()}
        if said and other.slug != judged.slug:
            truths.append(Truth(other.metric, said, zeroed=False))
    return truths


def length_bias(run: Opened, cases: list[Case], heard: Heard) -> dict[str, Any]:
    """Spearman's correlation of the prompt's words with how much higher the judge scores than the extractor."""
    read = {row.id: row.values.get("requirements") for row in _scored(run, GRAPH)}
    words, gaps = [], []
    for case in cases:
        score, truth = heard.scores.get(case.sample), read.get(case.sample)
        if score is not None and truth is not None:
            words.append(len(case.task.prompt.split()))
            gaps.append(score - truth)
    if len(set(words)) < 2 or len(set(gaps)) < 2:
        return {"spearman": None, "p": None, "n": len(words)}
    found = spearmanr(words, gaps)
    return {"spearman": float(found.statistic), "p": float(found.pvalue), "n": len(words)}


def _controls(spec: JudgeSpec, budget: Budget | None, cases: list[Case], plain: Heard) -> dict[str, Any]:
    if not plain.said:  # a rubric that asks no single questions
        return {}
    judge = judges.build(spec, budget)
    return {name: control(name, judge, cases, plain) for name in CONTROLS}


def _scored(run: Opened, name: str) -> list[ScoreRow]:
    return [row for row in run.scores.get(name, {}).values() if row.status == "ok"]


def _answers(row: ScoreRow) -> Mapping[str, float]:
    return row.evidence.get("answers", {})
