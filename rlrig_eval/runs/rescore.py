"""Score a run again, or with one more scorer, from the pictures in its folder; its shards become one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from rlrig_eval import extract
from rlrig_eval.errors import UsageError
from rlrig_eval.extract import ExtractorSpec
from rlrig_eval.judges import JudgeSpec
from rlrig_eval.plugins import loading
from rlrig_eval.plugins.redaction import alike, hidden
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.evaluation import recorded
from rlrig_eval.runs.finish import Run, finish, with_status
from rlrig_eval.runs.judging import Asked, Judging, at_work, judging_by, look_up, recorded_specs, unjudged
from rlrig_eval.runs.latest import merge_shards
from rlrig_eval.runs.opened import Opened, as_asked, open_run
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.progress import bar
from rlrig_eval.runs.request import scoring_of
from rlrig_eval.runs.scorers import placed, resolve, slug
from rlrig_eval.runs.scoring import Scoring, score_all, unscored_yet
from rlrig_eval.runs.store import require_idle, samples_file, scores_file
from rlrig_eval.runs.writing import appending


def rescore(
    folder: Path,
    scorer: str | None = None,
    *,
    progress: bool = False,
    judge: Asked | None = None,
    max_calls: int | None = None,
    max_cost: float | None = None,
) -> Run:
    """Score what has no score yet; with `scorer`, every picture by that one, which is added if it is new.

    Judges are asked for the verdicts that they owe; `judge` is added if it is new. One that can give no more of them is
    passed over where a scorer or another judge is asked for, and its pictures stay unscored.

    An extractor of another version than the run's reads every picture again, a scorer whose file is another one scores
    every picture again, and each is recorded when it has. What owes nothing need not be there any more.

    Raises:
        UsageError: no run, no such scorer, another process is at work on the run, or a judge that is asked for
            verdicts is not the one that the run recorded any more.
        RunError: a file could not be written.
    """
    before = open_run(folder)
    config, redo = _updated(before, scorer)
    config, judging = _judging(before, config, judge, judge is None and scorer is None, max_calls, max_cost)

    @cache
    def scoring() -> Scoring:
        return scoring_of(config, config.extractor, before.suite, judging)

    if todo := _todo(before, redo, config):
        scoring()  # what cannot be found is said before a file is touched
    _require_whole(config, todo)
    require_idle(folder)
    with recorded(folder):
        with_status(folder, "started", **_begun(before.config, config))
        merge_shards(folder, [sample.id for sample in before.samples], config.row_names)
        run = open_run(folder)
        todo = _todo(run, redo, config)
        with (
            bar(f"score {folder}", len(todo), progress) as advance,
            appending(samples_file(folder)),
            at_work(judging, folder, None) as judge_all,
        ):
            if todo:  # before a judge loads its own model; weights that are no use show with every picture
                with suppress(UsageError), loading(f"extractor {config.extractor.name}"):
                    extract.opened(scoring().extractor)
            judge_all(run.samples, run.rows)
            for found in score_all(todo, run.rows, folder, scoring()) if todo else ():
                for name, row in found.items():
                    with appending(scores_file(folder, name)) as append:
                        append([row])
                advance(1)
        # A shard may have begun meanwhile: its files are not taken away, and what was scored waits beside them.
        merge_shards(folder, [sample.id for sample in run.samples], config.row_names)
        return finish(folder, run.suite, run.batches, run.batches, **_scored(config))


def _begun(before: RunConfig, config: RunConfig) -> dict[str, Any]:
    """What a run records as scoring begins: who is new to it.

    Stopped halfway, it still names the extractor and the files of scorers before, so that the next time does it all.
    """
    new = {name: digest for name, digest in config.scorer_sha256.items() if name not in before.row_names}
    return {
        "added_scorers": config.added_scorers,
        "added_judges": config.added_judges,
        "scorer_sha256": before.scorer_sha256 | new,
    }


def _scored(config: RunConfig) -> dict[str, Any]:
    """What a run records when all of it is scored."""
    return {name: getattr(config, name) for name in ("extractor", "scorers", "added_scorers", "scorer_sha256")}


def _judging(
    before: Opened,
    config: RunConfig,
    judge: Asked | None,
    only_owed: bool,
    max_calls: int | None,
    max_cost: float | None,
) -> tuple[RunConfig, Judging]:
    """The run's record with `judge` in it, and all its judges but those that owe nothing.

    `only_owed`: nothing but what is owed was asked for, so that a judge which cannot give it is a UsageError.
    """
    recorded_judges = {spec.slug: spec for spec in config.all_judges}
    new = None if judge is None else look_up(judge)  # with the secrets that the record hides
    others = [spec for spec in config.all_judges if new is None or spec.slug != new.slug]
    specs = [found for spec in others if (found := _still(before, spec, only_owed)) is not None]
    if judge is not None and new is not None:
        if new.slug not in recorded_judges:
            config = config.model_copy(update={"added_judges": (*config.added_judges, *recorded_specs([new]))})
        elif not alike(recorded_judges[new.slug].identity(), recorded_specs([new])[0].identity()):
            raise UsageError(f"--judge {judge[0]}: the run has another judge called {new.slug}; give -J name=")
        specs.append(new)
    return config, judging_by(specs, max_calls, max_cost)


def _still(before: Opened, spec: JudgeSpec, only_owed: bool) -> JudgeSpec | None:
    """A recorded judge as it is to be asked for more; None for one that owes nothing, or can give no more of it.

    Raises UsageError for the latter if `only_owed`; what else was asked for must not be barred by it for good.
    """
    owed = len(list(unjudged(before.samples, before.rows, before.scores.get(spec.metric, {}))))
    try:
        return _unchanged(spec, owed) if owed else None
    except UsageError:
        if only_owed:
            raise
        return None


def _unchanged(spec: JudgeSpec, owed: int) -> JudgeSpec:
    """A recorded judge as it is today.

    Raises UsageError for one that has changed: its verdicts would stand beside those of the one before.
    """
    found = look_up(as_asked(spec))
    (now,) = recorded_specs([found])
    changed = [name for name, value in spec.identity().items() if not alike(now.identity()[name], value)]
    if changed:
        raise UsageError(
            f"{spec.metric}: {owed} pictures are still to be judged, and the judge has changed since "
            f"({', '.join(changed)}); let the one of today judge all of them under a name of its own: -J name="
        )
    return found


def _todo(run: Opened, redo: Collection[str], config: RunConfig) -> list[Sample]:
    """The samples that a scorer has still to see."""
    seen = {name: {} if name in redo else run.scores.get(name, {}) for name in map(slug, config.all_scorers)}
    return unscored_yet(run.samples, run.rows, seen)


def _require_whole(config: RunConfig, todo: Sequence[Sample]) -> None:
    """Raise UsageError where pictures are to be read by an extractor of which the record hides something."""
    told = {**config.extractor.options, **config.extractor.traffic}
    for key in hidden(told) if todo else ():
        raise UsageError(
            f"the value of -E {key} was hidden when the run was recorded, and {len(todo)} pictures are to be read; "
            "the command of the run itself, with it, reads them"
        )


def _updated(before: Opened, scorer: str | None) -> tuple[RunConfig, Collection[str]]:
    """The run's record after scoring, and the slugs of the scorers that score everything anew."""
    changed = _changed(before.config)
    config = before.config.model_copy(update={"scorer_sha256": before.config.scorer_sha256 | changed})
    redo = set(changed)
    if scorer is not None:
        config = _with_scorer(config, scorer)
        redo.add(slug(scorer))
    now = _reader(config.extractor, bool(_todo(before, redo, config)))
    if now.identity() != config.extractor.identity():
        redo |= set(map(slug, config.all_scorers))
        config = config.model_copy(update={"extractor": now})
    return config, redo


def _changed(config: RunConfig) -> dict[str, str]:
    """Slug -> the hash of today, of the scorers whose file is there and is not what it was."""
    known = {name: slug(name) for name in config.all_scorers if slug(name) in config.scorer_sha256}
    there = {known[name]: now for name in known if (now := _sha256(name)) is not None}
    return {called: now for called, now in there.items() if now != config.scorer_sha256[called]}


def _sha256(name: str) -> str | None:
    """The hash of today of a recorded scorer's file; None where that is not there any more."""
    try:
        return placed(name)[1]
    except UsageError:
        return None


def _with_scorer(config: RunConfig, scorer: str) -> RunConfig:
    """The record with that scorer, as it is today; UsageError when there is none, or the run has another so called."""
    where, digest = placed(scorer)
    resolve(where)
    for name in config.all_scorers:
        if slug(name) == slug(where) and not _same(name, where):
            raise UsageError(f"--scorer {scorer}: the run has another scorer of that name, {name}")
    own, added = (
        tuple(where if slug(name) == slug(where) else name for name in names)
        for names in (config.scorers, config.added_scorers)
    )
    hashes = {} if digest is None else {slug(where): digest}
    return config.model_copy(
        update={
            "scorers": own,
            "added_scorers": added if where in (*own, *added) else (*added, where),
            "scorer_sha256": config.scorer_sha256 | hashes,
        }
    )


def _same(name: str, where: str) -> bool:
    """Whether a recorded scorer is the one that lies at `where`; runs from before have the file as it was typed."""
    path, _, attribute = name.rpartition(":")
    return where in (name, f"{Path(path).resolve()}:{attribute}")


def _reader(recorded: ExtractorSpec, owes: bool) -> ExtractorSpec:
    """The run's extractor as it is today; as it was recorded where it cannot be found and owes nothing."""
    try:
        return extract.resolve(recorded.source, {**recorded.options, **recorded.traffic})
    except UsageError:
        if owes:
            raise
        return recorded
