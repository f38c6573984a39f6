"""Judges tried on the pictures of runs: repeats, controls, and agreement with whatever else has seen them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from rlrig_eval.atomic import replace_json, replace_text
from rlrig_eval.errors import UsageError
from rlrig_eval.folders import writable
from rlrig_eval.judges import Judge, JudgeSpec, Task, Unscored, Verdict
from rlrig_eval.judges.asking import asked_again
from rlrig_eval.judges.instruments import (
    CONTROLS,
    Case,
    Heard,
    Hearing,
    Truth,
    agreements,
    control,
    hear,
    read_labels,
    repeats,
    sheet,
    together,
    unanimity,
)
from rlrig_eval.judges.instruments.hearing import Item, kinds
from rlrig_eval.judges.registry import PREFIX
from rlrig_eval.judges.zeroing import HOLDS
from rlrig_eval.runs.judging import Asked, built, judging_of, recorded_specs, task_of
from rlrig_eval.runs.opened import Opened, open_run
from rlrig_eval.runs.progress import bar
from rlrig_eval.runs.rows import ScoreRow
from rlrig_eval.runs.scorers import GRAPH
from rlrig_eval.runs.storable import storable_verdict

CONTROLLED = 200
"""So many pictures of a run are judged under each control, unless more or fewer are asked for."""


def try_judge(
    folders: Sequence[Path],
    asked: Asked,
    again: int = 2,
    limit: int | None = None,
    controlled: int = CONTROLLED,
    labels: Path | None = None,
    max_calls: int | None = None,
    max_cost: float | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """The report on a judge: on each run by itself, also in ``aa/<slug>.json`` of its folder, and on all together.

    Args:
        again: how often each picture is judged as it is, at least twice.
        limit: only the first so many pictures of each run. controlled: so many under each control.
        labels: a CSV of human labels, of one run.
        progress: whether a bar is shown, on a terminal.

    Raises:
        UsageError: no run, no picture in it, no such judge, labels that are not of this run, or a folder that cannot
            be written to.
    """
    if again < 2:
        raise UsageError(f"--repeats {again}: noise shows from two on")
    if labels is not None and len(folders) > 1:
        raise UsageError("--labels are of one run: name that run alone")
    runs = {str(folder): open_run(folder) for folder in folders}
    if len(runs) < len(folders):
        raise UsageError("a run folder is named twice")
    judging = judging_of([asked], max_calls, max_cost)
    (spec,) = judging.specs
    cases = {name: cases_of(run)[:limit] for name, run in runs.items()}
    for name, found in cases.items():
        if not found:
            raise UsageError(f"{name}: there is no picture to judge")
        writable(_reports(runs[name]))
    human = None if labels is None else _human(labels, *runs.values())
    judge = built(spec, judging.budget())
    hearings, reports = {}, {}
    judgings = sum(again * len(found) + len(CONTROLS) * len(found[:controlled]) for found in cases.values())
    with bar(f"try {spec.slug}", judgings, progress) as advance:
        for name, run in runs.items():
            turns = (_Watched(asked_again(judge, turn), spec.slug, advance) for turn in range(again))
            heard = [hear(turn, cases[name]) for turn in turns]
            hearings[name] = Hearing(cases[name], heard[0], [*truths_of(run, spec), *([human.truth] if human else [])])
            unscored = {sample: why for one in heard for sample, why in one.unscored.items()}
            legible = [case for case in cases[name][:controlled] if case.sample not in unscored]
            reports[name] = {
                **_about(run, spec, hearings[name]),
                "unscored": unscored,
                "noise": repeats(heard, cases[name]),
                "controls": _controls(_Watched(judge, spec.slug, advance), legible, heard[0]),
                "raters": None if human is None else human.raters,
            }
            replace_json(_reports(run) / f"{spec.slug}.json", reports[name])
    return {"schema": 1, "judge": _identity(spec), "runs": reports, "together": together(hearings)}


def _reports(run: Opened) -> Path:
    return run.folder / "aa"


def _about(run: Opened, spec: JudgeSpec, hearing: Hearing) -> dict[str, Any]:
    """What one hearing of a judge tells of it."""
    cases, heard = hearing.cases, hearing.heard
    return {
        "schema": 1,
        "judge": _identity(spec),
        "model": run.config.model.name,
        "pictures": len(cases),
        "agreement": [agreements(heard, truth, cases) for truth in hearing.truths],
        "unanimity": unanimity(_voices(spec, hearing), cases),
        "letters": dict(sorted(heard.letters.items())),
        "letters_right": dict(sorted(heard.letters_right.items())),
        "length": length_bias(run, cases, heard),
    }


def label_sheet(folder: Path, out: Path, limit: int | None = None) -> Path:
    """A CSV for people to fill in, for `try_judge` to read: every question on the first `limit` pictures of a run.

    Raises:
        UsageError: no run, or no picture in it.
    """
    cases = cases_of(open_run(folder))[:limit]
    if not cases:
        raise UsageError(f"{folder}: there is no picture to label")
    replace_text(out, sheet(cases))
    return out


def cases_of(run: Opened) -> list[Case]:
    """Every picture of a run, in the order of its plan."""
    found = []
    for sample in run.samples:
        row = run.rows.get(sample.id)
        if row is not None and row.status == "ok":
            task = task_of(run.folder, sample, row)
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


@dataclass(frozen=True)
class _Watched:
    """A judge that moves a bar on with every verdict, and says nothing that a report cannot hold."""

    judge: Judge
    slug: str
    advance: Callable[[int], None]

    def verdicts(self, tasks: Iterable[Task]) -> Iterator[Verdict | Unscored]:
        for found in self.judge.verdicts(tasks):
            self.advance(1)
            yield storable_verdict(found, self.slug)


@dataclass(frozen=True)
class _Human:
    truth: Truth
    raters: dict[str, Any]


def _human(labels: Path, run: Opened) -> _Human:
    found = read_labels(labels, kinds(cases_of(run)))
    truth = Truth(f"human labels ({labels.name})", found.answers, zeroed=False)
    return _Human(truth, {"raters": found.raters, "fleiss_kappa": found.fleiss_kappa})


def _identity(spec: JudgeSpec) -> dict[str, Any]:
    return recorded_specs([spec])[0].identity()


def _voices(spec: JudgeSpec, hearing: Hearing) -> dict[str, Mapping[Item, bool]]:
    """Every judge that has answered questions about the run: this one, or a panel's members, and the run's others."""
    mine = hearing.heard.members or {spec.slug: hearing.heard.said}
    others = {truth.name: truth.answers for truth in hearing.truths if truth.name.startswith(PREFIX)}
    return {name: said for name, said in {**mine, **others}.items() if said}


def _controls(judge: Judge, cases: list[Case], plain: Heard) -> dict[str, Any]:
    if not plain.said or not cases:  # a rubric that asks no single questions
        return {}
    return {name: control(name, judge, cases, plain) for name in CONTROLS}


def _scored(run: Opened, name: str) -> list[ScoreRow]:
    return [row for row in run.scores.get(name, {}).values() if row.status == "ok"]


def _answers(row: ScoreRow) -> Mapping[str, float]:
    return row.evidence.get("answers", {})
