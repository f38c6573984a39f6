"""Score a run again, or with one more scorer, from the pictures in its folder; its shards become one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from rlrig_eval import extract
from rlrig_eval.errors import UsageError
from rlrig_eval.judges import JudgeSpec
from rlrig_eval.plugins.redaction import hidden
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.evaluation import recorded
from rlrig_eval.runs.finish import Run, finish
from rlrig_eval.runs.judging import Asked, Judging, at_work, judging_by, look_up, recorded_specs, unjudged
from rlrig_eval.runs.opened import Opened, asked_of, open_run
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.progress import bar
from rlrig_eval.runs.request import scoring_of
from rlrig_eval.runs.scorers import resolve, slug
from rlrig_eval.runs.scoring import Scoring, score_all, unscored_yet
from rlrig_eval.runs.store import appending, merge_shards, require_idle, samples_file, scores_file


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

    An extractor of another version than the run's reads every picture again, and is recorded when it has.

    Raises:
        UsageError: no run, no such scorer, another process is at work on the run, or a judge that owes verdicts is
            not the one that the run recorded any more.
        RunError: a file could not be written.
    """
    before = open_run(folder)
    config, redo = _updated(before.config, scorer)
    config, judging = _judging(before, config, judge, max_calls, max_cost)
    scoring = scoring_of(config, config.extractor, before.suite, judging)
    _require_whole(config, _todo(before, redo, scoring))
    require_idle(folder)
    # Stopped halfway, the run still names the extractor before, so that the next time reads every picture again.
    with recorded(folder, config.model_copy(update={"extractor": before.config.extractor})):
        merge_shards(folder, [sample.id for sample in before.samples], config.row_names)
        run = open_run(folder)
        todo = _todo(run, redo, scoring)
        with (
            bar(f"score {folder}", len(todo), progress) as advance,
            appending(samples_file(folder)),
            at_work(judging, folder, None) as judge_all,
        ):
            judge_all(run.samples, run.rows)
            for found in score_all(todo, run.rows, folder, scoring):
                for name, row in found.items():
                    with appending(scores_file(folder, name)) as append:
                        append([row])
                advance(1)
        # A shard may have begun meanwhile: its files are not taken away, and what was scored waits beside them.
        merge_shards(folder, [sample.id for sample in run.samples], config.row_names)
        return finish(folder, config, run.suite, run.batches, run.batches)


def _judging(
    before: Opened, config: RunConfig, judge: Asked | None, max_calls: int | None, max_cost: float | None
) -> tuple[RunConfig, Judging]:
    """The run's record with `judge` in it, and all its judges but those that have changed and owe nothing."""
    recorded_judges = {spec.slug: spec for spec in config.all_judges}
    new = None if judge is None else look_up(judge)  # with the secrets that the record hides
    others = [spec for spec in config.all_judges if new is None or spec.slug != new.slug]
    specs = [found for spec in others if (found := _still(before, spec)) is not None]
    if judge is not None and new is not None:
        if new.slug not in recorded_judges:
            config = config.model_copy(update={"added_judges": (*config.added_judges, *recorded_specs([new]))})
        elif recorded_judges[new.slug].identity() != recorded_specs([new])[0].identity():
            raise UsageError(f"--judge {judge[0]}: the run has another judge called {new.slug}; give -J name=")
        specs.append(new)
    return config, judging_by(specs, max_calls, max_cost)


def _still(before: Opened, spec: JudgeSpec) -> JudgeSpec | None:
    """A recorded judge as it is to be asked for more; None for one that has changed and owes nothing.

    Raises UsageError for one that has and owes verdicts, which would stand beside those of the one before.
    """
    found = look_up(asked_of(spec))
    (now,) = recorded_specs([found])
    changed = [name for name, value in spec.identity().items() if now.identity()[name] != value]
    owed = list(unjudged(before.samples, before.rows, before.scores.get(spec.metric, {}))) if changed else []
    if owed:
        raise UsageError(
            f"{spec.metric}: {len(owed)} pictures are still to be judged, and the judge has changed since "
            f"({', '.join(changed)}); let the one of today judge all of them under a name of its own: -J name="
        )
    return None if changed else found


def _todo(run: Opened, redo: Collection[str], scoring: Scoring) -> list[Sample]:
    """The samples that a scorer has still to see."""
    seen = {name: {} if name in redo else run.scores.get(name, {}) for name in scoring.scorers}
    return unscored_yet(run.samples, run.rows, seen)


def _require_whole(config: RunConfig, todo: Sequence[Sample]) -> None:
    """Raise UsageError where pictures are to be read by an extractor of which the record hides something."""
    told = {**config.extractor.options, **config.extractor.traffic}
    for key in hidden(told) if todo else ():
        raise UsageError(
            f"the value of -E {key} was hidden when the run was recorded, and {len(todo)} pictures are to be read; "
            "the command of the run itself, with it, reads them"
        )


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
