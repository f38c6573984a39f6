"""What a leaderboard is made of: an entry for each result, from a run folder or from a committed baseline file."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from rlrig_eval.errors import UsageError
from rlrig_eval.judges.registry import PREFIX
from rlrig_eval.report.folder import Excerpt, labels, read_results
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs.baseline import Baseline
from rlrig_eval.runs.compare import ADDED, PRIMARY, differing_terms, terms
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.latest import current, latest_samples, latest_scores, read_rows
from rlrig_eval.runs.opened import open_run, suite_of
from rlrig_eval.runs.scorers import GRAPH
from rlrig_eval.runs.store import read_document, samples_files, scores_files
from rlrig_eval.runs.summary import scorer_of
from rlrig_eval.stats import prompt_means
from rlrig_eval.suite import Suite

Scores = Mapping[str, float | None]
Groups = Mapping[str, str]
Told = TypeVar("Told")


@dataclass(frozen=True)
class Entry:
    """One result, under a `label` that no other result of the report has.

    `suite` is in words, `prompts` how many of it were planned; `terms` is what must agree for two results to be
    comparable; `coverage_by_scorer` is empty where nothing says; `scores` are those of `all_correct` by prompt, None
    where there is none; `groups` has at least their prompts; `seconds` are of a sample's drawing, None where nothing
    says; `peak_mib` is the most memory that drawing a batch took, by where it is (ram, gpu).
    """

    label: str
    model: str
    suite: str
    prompts: int
    terms: Mapping[str, Any]
    settings: Mapping[str, Any]
    coverage: Mapping[str, int]
    coverage_by_scorer: Mapping[str, Mapping[str, int]]
    metrics: Mapping[str, Estimate]
    by_tag: Mapping[str, Mapping[str, Estimate]]
    cost: Mapping[str, float | None]
    seconds: float | None
    peak_mib: Mapping[str, float]
    scores: Scores
    groups: Groups
    distrust: str | None = None  # why its chain of instruments failed the calibration that was asked for

    @property
    def images_per_prompt(self) -> int:
        """Pictures that the protocol asks for of a prompt."""
        return int(self.terms["protocol"]["images_per_prompt"])

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.terms["protocol"]["seeds"])

    @property
    def judges(self) -> list[Mapping[str, Any]]:
        """The judges that it began with and those that were added, as they were recorded."""
        return [*self.terms["judges"], *self.terms.get(ADDED, ())]

    def comparable(self, other: Entry) -> bool:
        """Whether the two can be compared, by the rule of `compare` and `check`."""
        return not differing_terms(self.terms, other.terms)

    def covered(self, metric: str) -> Mapping[str, int]:
        """The coverage by the scorer of a metric; by all of them together where nothing says."""
        return self.coverage_by_scorer.get(scorer_of(metric, self.coverage_by_scorer), self.coverage)


def read_entries(paths: Sequence[Path]) -> list[Entry]:
    """The results in `paths`, in that order.

    Args:
        paths: run folders, baseline files, or folders of either (a results repository), which are read in the
            order of their names.

    Raises:
        UsageError: no path, the same one twice, or one that holds no finished result.
        UnreadableFile: a file is not what it should be.
    """
    found = result_paths(paths)
    suites: dict[str, tuple[Suite, Groups]] = {}  # the runs of one suite share it while they are read
    read = [_of_file(path) if path.is_file() else _of_run(path, suites) for path in found]
    called = labels(found, [one.model for one in read])
    return [replace(one, label=label) for one, label in zip(_judges_told_apart(read), called, strict=True)]


def result_paths(paths: Sequence[Path]) -> list[Path]:
    """The run folder or baseline file of each result in `paths`, as in `read_entries`.

    Raises:
        UsageError: no path, the same one twice, or a folder that holds neither.
    """
    named = [Path(path) for path in paths]
    if not named:
        raise UsageError("name at least one run folder")
    found = [one for path in named for one in _found(path)]  # a folder may hold what is also named by itself
    counted = Counter(one.resolve() for one in found)
    for one in found:
        if counted[one.resolve()] > 1:
            raise UsageError(f"{one}: the run is named twice")
    return found


def prompt_scores_in(path: Path) -> dict[str, dict[str, float | None]]:
    """Metric -> prompt id -> score, of a run folder or a baseline file."""
    return read_document(path, Baseline).prompts if path.is_file() else open_run(path).prompt_scores


def _found(path: Path) -> Iterator[Path]:
    if path.is_file() or (path / "run.json").is_file():
        yield path
        return
    below = list(_below(path))
    if not below:
        raise UsageError(
            f"{path}: not a run folder (there is no run.json in it), nor a folder of baseline files or runs"
        )
    yield from below


def _judges_told_apart(entries: Sequence[Entry]) -> list[Entry]:
    """Where two results, else alike, have different judges of one name, each is called by a hash of it as well."""
    hashes: dict[tuple[str, str], set[str]] = {}
    for one in entries:
        for judge in one.judges:
            hashes.setdefault((_unjudged(one), judge["slug"]), set()).add(_hash(judge))

    def told_apart(one: Entry) -> Entry:
        slugs = {  # old to new, the same where there is one judge of that name
            slug: f"{slug}@{_hash(judge)}" if len(hashes[_unjudged(one), slug]) > 1 else slug
            for judge in one.judges
            if (slug := judge["slug"])
        }
        names = {PREFIX + old: PREFIX + new for old, new in slugs.items()}
        judges = {
            name: [{**judge, "slug": slugs[judge["slug"]]} for judge in one.terms[name]]
            for name in ("judges", ADDED)
            if name in one.terms
        }
        return replace(
            one,
            terms={**one.terms, **judges},
            coverage_by_scorer=_renamed(one.coverage_by_scorer, names),
            metrics=_renamed(one.metrics, names),
            by_tag={tag: _renamed(metrics, names) for tag, metrics in one.by_tag.items()},
        )

    return [told_apart(one) for one in entries]


def _unjudged(one: Entry) -> str:
    """Its terms without its judges."""
    rest = {name: value for name, value in one.terms.items() if name not in ("judges", ADDED)}
    return json.dumps(rest, sort_keys=True)


def _hash(judge: Mapping[str, Any]) -> str:
    return sha256(json.dumps(judge, sort_keys=True).encode()).hexdigest()[:4]


def _renamed(metrics: Mapping[str, Told], names: Mapping[str, str]) -> dict[str, Told]:
    """What is said by metric, that of a judge in `names`, ``judge.<slug>`` and below it, under the judge's new name."""
    found = {}
    for metric, value in metrics.items():
        judge = max((name for name in names if f"{metric}.".startswith(f"{name}.")), key=len, default="")
        found[names.get(judge, "") + metric.removeprefix(judge)] = value
    return found


def _below(path: Path) -> Iterator[Path]:
    """Run folders and JSON files; what lies in a run folder is the run's own."""
    for name, folders, files in os.walk(path):
        folders.sort()
        if "run.json" in files:
            folders.clear()
            yield Path(name)
        else:
            yield from (Path(name) / file for file in sorted(files) if file.endswith(".json"))


class _Row(Excerpt):
    """What a leaderboard needs of a line of samples or scores; skipping the evidence is most of the speed."""

    id: str
    status: str
    image: str | None = None
    image_sha256: str | None = None
    values: dict[str, float | None] = Field(default_factory=dict)


def _of_run(folder: Path, suites: dict[str, tuple[Suite, Groups]]) -> Entry:
    config = read_document(folder / "run.json", RunConfig)
    told, took = read_results(folder, config)
    own = suite_of(folder, config)
    if own.sha256 not in suites:
        suites[own.sha256] = own, {prompt.id: prompt.group for prompt in own.prompts}
    suite, groups = suites[own.sha256]
    return Entry(
        label="",
        model=config.model.name,
        suite=f"{suite.name} {suite.version} {suite.split}",
        prompts=told.suite.prompts,
        terms=terms(config),
        settings=told.settings,
        coverage=told.coverage,
        coverage_by_scorer=told.coverage_by_scorer,
        metrics=told.metrics,
        by_tag=told.by_tag,
        cost=told.cost,
        seconds=took.seconds_per_sample.mean,
        peak_mib=took.peak_mib,
        scores=_primary(folder, told.coverage) if GRAPH in config.row_names else {},
        groups=groups,
        distrust=config.distrust,
    )


def _primary(folder: Path, coverage: Mapping[str, int]) -> dict[str, float | None]:
    """`all_correct` by prompt, the mean over its seeds."""
    seen = latest_scores(folder, (read_rows(path, _Row) for path in scores_files(folder, GRAPH)))
    if coverage["ok"] < coverage["planned"]:  # else every score is of a picture that the run has
        seen = current(latest_samples(folder, (read_rows(path, _Row) for path in samples_files(folder))), seen)
    values = ((row.id, row.values.get(PRIMARY) if row.status == "ok" else None) for row in seen.values())
    means = prompt_means((id_.rpartition("#")[0], value) for id_, value in values)
    return {prompt: None if mean != mean else mean for prompt, mean in means.items()}


def _of_file(path: Path) -> Entry:
    found = read_document(path, Baseline)
    standing = found.standing
    if standing is None:
        raise UsageError(f"{path}: written before baselines had what a leaderboard needs; `baseline write` it again")
    return Entry(
        label="",
        model=found.model,
        suite=standing.suite,
        prompts=len(standing.groups),
        terms=found.terms.as_dict(),
        settings=found.settings,
        coverage=standing.coverage.model_dump(),
        coverage_by_scorer={name: one.model_dump() for name, one in standing.coverage_by_scorer.items()},
        metrics=found.metrics,
        by_tag=standing.by_tag,
        cost=standing.cost,
        seconds=standing.seconds_per_sample,
        peak_mib=standing.peak_mib,
        scores=found.prompts.get(PRIMARY, {}),
        groups=standing.groups,
        distrust=standing.distrust,
    )
