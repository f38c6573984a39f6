"""Score a run again, or with one more scorer, from the pictures in its folder; its shards become one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from rlrig_eval import extract
from rlrig_eval.errors import UsageError
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.evaluation import recorded
from rlrig_eval.runs.finish import Run, finish
from rlrig_eval.runs.judging import Asked, Judging, at_work, judging_of, recorded_specs
from rlrig_eval.runs.opened import asked_of, open_run
from rlrig_eval.runs.progress import bar
from rlrig_eval.runs.request import scoring_of
from rlrig_eval.runs.scorers import resolve, slug
from rlrig_eval.runs.scoring import score_all, unscored_yet
from rlrig_eval.runs.store import appending, merge_shards, samples_file, scores_file


def rescore(
    folder: Path,
    scorer: str | None = None,
    progress: bool = False,
    judge: Asked | None = None,
    max_calls: int | None = None,
    max_cost: float | None = None,
) -> Run:
    """Score what has no score yet; with `scorer`, every picture by that one, which is added if it is new.

    Judges are asked for the verdicts that they owe; `judge` is added if it is new.

    An extractor of another version than the run's reads every picture again.

    Raises:
        UsageError: no run, no such scorer, or another process is at work on the run.
        RunError: a file could not be written.
    """
    before = open_run(folder)
    config, redo = _updated(before.config, scorer)
    config, judging = _judging(config, judge, max_calls, max_cost)
    scoring = scoring_of(config, config.extractor, before.suite, judging)
    with recorded(folder, config):
        merge_shards(folder, [sample.id for sample in before.samples], config.row_names)
        run = open_run(folder)
        seen = {name: {} if name in redo else run.scores.get(name, {}) for name in scoring.scorers}
        todo = unscored_yet(run.samples, run.rows, seen)
        with (
            bar(f"score {folder}", len(todo), progress) as advance,
            appending(samples_file(folder)),
            at_work(judging, run.suite.counting, folder, None) as judge_all,
        ):
            judge_all(run.samples, run.rows)
            for found in score_all(todo, run.rows, folder, scoring):
                for name, row in found.items():
                    with appending(scores_file(folder, name)) as append:
                        append([row])
                advance(1)
        merge_shards(folder, [sample.id for sample in run.samples], config.row_names)
        return finish(folder, config, run.suite, run.batches, run.batches)


def _judging(
    config: RunConfig, judge: Asked | None, max_calls: int | None, max_cost: float | None
) -> tuple[RunConfig, Judging]:
    """The run's record with `judge` in it, and all its judges."""
    known = {spec.slug: asked_of(spec) for spec in config.all_judges}
    if judge is None:
        return config, judging_of(known.values(), max_calls, max_cost)
    (new,) = judging_of([judge]).specs
    for spec in config.all_judges:
        if spec.slug == new.slug and spec.identity() != recorded_specs([new])[0].identity():
            raise UsageError(f"--judge {judge[0]}: the run has another judge called {new.slug}; give -J name=")
    if new.slug not in known:
        config = config.model_copy(update={"added_judges": (*config.added_judges, *recorded_specs([new]))})
    return config, judging_of((known | {new.slug: judge}).values(), max_calls, max_cost)


def _updated(config: RunConfig, scorer: str | None) -> tuple[RunConfig, Collection[str]]:
    """The run's record after scoring, and the slugs of the scorers that score everything anew."""
    redo: set[str] = set()
    if scorer is not None:
        resolve(scorer)
        redo.add(slug(scorer))
        taken = {slug(name): name for name in config.all_scorers}
        if taken.setdefault(slug(scorer), scorer) != scorer:
            raise UsageError(f"--scorer {scorer}: the run has another scorer of that name, {taken[slug(scorer)]}")
        if scorer not in config.all_scorers:
            config = config.model_copy(update={"added_scorers": (*config.added_scorers, scorer)})
    recorded_one = config.extractor
    now = extract.resolve(recorded_one.source, {**recorded_one.options, **recorded_one.traffic})
    if now.identity() != recorded_one.identity():
        redo |= set(map(slug, config.all_scorers))
        config = config.model_copy(update={"extractor": now})
    return config, redo
