"""Runs side by side: whether they can be compared, by how much they differ, and on which prompts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rlrig_eval.errors import NotComparable, UsageError
from rlrig_eval.plugins.redaction import alike
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.opened import Opened, open_run
from rlrig_eval.runs.summary import scorer_of
from rlrig_eval.stats import (
    Difference,
    McNemar,
    Spread,
    differences_within,
    holm,
    mcnemar,
    paired_differences,
    pilot_spread,
)

PRIMARY = "all_correct"
SIDE = 0.5
"""A prompt is on the right side when its mean over seeds exceeds this; with one seed: when it is right."""


@dataclass(frozen=True)
class Changed:
    """A prompt that is right in one run and not in the other; pictures are paths relative to the run folders."""

    prompt: str
    text: str
    a: float
    b: float
    pictures_a: tuple[str, ...]
    pictures_b: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Run `a` minus run `b`, paired by prompt. `problem` says why they are not comparable, if --force went on.

    `p_holm` are the p-values of `metrics`, adjusted for as many runs as `a` was compared with. `sides` counts
    the prompts of `changed`; its p-values are None where prompts come in groups, which McNemar's test ignores.
    `left_out` are scorers of one name that are not the same in both; of their metrics there is none here.
    """

    a: Opened
    b: Opened
    metric: str
    metrics: Mapping[str, Difference]
    p_holm: Mapping[str, float | None]
    by_tag: Mapping[str, Mapping[str, Difference]]
    changed: tuple[Changed, ...]
    sides: McNemar
    independent: bool
    problem: str | None = None
    left_out: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `not_comparable` is null or the stamp of a forced comparison."""
        tests = {"exact": self.sides.exact, "mid_p": self.sides.mid_p} if self.independent else None
        return {
            "a": str(self.a.folder),
            "b": str(self.b.folder),
            "not_comparable": self.problem,
            "left_out": list(self.left_out),
            "metrics": {name: one.as_dict() | {"p_holm": self.p_holm[name]} for name, one in self.metrics.items()},
            "by_tag": {tag: {name: one.as_dict() for name, one in found.items()} for tag, found in self.by_tag.items()},
            "changed": {
                "metric": self.metric,
                "only_a": self.sides.only_a,
                "only_b": self.sides.only_b,
                "mcnemar": tests,
                "prompts": [asdict(one) for one in self.changed],
            },
        }


ADDED = "added_judges"


def terms(config: RunConfig) -> dict[str, Any]:
    """What must be equal for two results to be comparable (DESIGN section 4, exit code 4).

    Judges that were added later, in a list of their own, must be the same where both results have one of that name.
    """
    added = [judge.identity() for judge in config.added_judges]
    return {
        "suite": {"name": config.suite.name, "split": config.suite.split, "sha256": config.suite.sha256},
        "protocol": config.protocol.model_dump(mode="json"),
        "extractor": config.extractor.identity(),
        "judges": [judge.identity() for judge in config.judges],
        **({ADDED: added} if added else {}),
    }


def require_comparable(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Raises NotComparable, naming what differs, unless the two `terms` agree."""
    if differing := differing_terms(one, other):
        shown = "; ".join(f"{name}: {one.get(name)} against {other.get(name)}" for name in differing)
        raise NotComparable(f"not comparable: {shown}")


def differing_terms(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names of the `terms` that keep two results from being compared; none where they can be."""
    differing = [name for name in one if name not in ("judges", ADDED) and not alike(one[name], other.get(name))]
    if "judges" in one and not _same_judges(one, other):
        differing += [name for name in ("judges", ADDED) if one.get(name) != other.get(name)]
    return differing


def _same_judges(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Each has the judges that the other began with, and what both have under one name is one judge."""
    first, second = ({j["slug"]: j for j in (*t.get("judges", ()), *t.get(ADDED, ()))} for t in (one, other))
    needed = {judge["slug"] for judge in (*one["judges"], *other.get("judges", ()))}
    return all(alike(first.get(slug), second.get(slug)) for slug in needed | (first.keys() & second.keys()))


def compare(runs: Sequence[Opened], metric: str = PRIMARY, force: bool = False) -> list[Comparison]:
    """The first run against each of the others.

    Args:
        metric: whose changed prompts are listed.
        force: go on where runs are not comparable; the comparison then says so in `problem`.

    Raises:
        UsageError: fewer than two runs, or a metric that one of them lacks.
        NotComparable: suite, protocol, extractor or judges differ, and not `force`; or the scorer of that metric does.
    """
    if len(runs) < 2:
        raise UsageError("name at least two run folders")
    first, *others = runs
    for run in runs:
        if metric not in run.prompt_scores:
            raise UsageError.unknown(f"metric of {run.folder}:", metric, run.prompt_scores)
    problems = [_problem(first, other, force) for other in others]
    unlike = [other_scorers(first.config.scorer_sha256, other.config.scorer_sha256) for other in others]
    for names in unlike:
        require_one_scorer(metric, first.scores, names)
    pairs = [(_without(first, names), _without(other, names)) for other, names in zip(others, unlike, strict=True)]
    found = [differences(*pair) for pair in pairs]
    return [
        replace(_comparison(*pair, metric, difference, p_holm, problem), left_out=names)
        for pair, difference, p_holm, problem, names in zip(pairs, found, _holm(found), problems, unlike, strict=True)
    ]


def other_scorers(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """The scorers that two results both have, from files that differ, by their hashes."""
    return tuple(sorted(name for name in one.keys() & other.keys() if one[name] != other[name]))


def require_one_scorer(metric: str, scorers: Iterable[str], others: Sequence[str]) -> None:
    """Raises NotComparable where that of `scorers` whose metric it is is among those of `other_scorers`."""
    if (scorer := scorer_of(metric, scorers)) in others:
        raise NotComparable(f"not comparable: {metric}: the runs were scored by two files of the name {scorer}")


def _without(run: Opened, scorers: Sequence[str]) -> Opened:
    kept = {name: rows for name, rows in run.scores.items() if name not in scorers}
    return replace(run, scores=kept) if scorers else run


def differences(a: Opened, b: Opened) -> dict[str, Difference]:
    """Metric -> a - b, paired by prompt over the prompts that both have scored."""
    return paired_differences(a.prompt_scores, b.prompt_scores, b.groups | a.groups)


def _problem(a: Opened, b: Opened, force: bool) -> str | None:
    try:
        require_comparable(terms(a.config), terms(b.config))
    except NotComparable as problem:
        if force:
            return str(problem)
        raise
    return None


def _holm(found: Sequence[Mapping[str, Difference]]) -> list[dict[str, float | None]]:
    """Each metric's p-values, adjusted over the comparisons that have one."""
    adjusted: list[dict[str, float | None]] = [dict.fromkeys(one) for one in found]
    for metric in dict.fromkeys(name for one in found for name in one):
        p_values = {i: p for i, one in enumerate(found) if metric in one and (p := one[metric].p) is not None}
        for place, p in zip(p_values, holm(list(p_values.values())), strict=True):
            adjusted[place][metric] = p
    return adjusted


def _comparison(
    a: Opened,
    b: Opened,
    metric: str,
    overall: Mapping[str, Difference],
    p_holm: Mapping[str, float | None],
    problem: str | None,
) -> Comparison:
    groups = a.groups
    changed = _changed(a, b, metric)
    only_a = sum(one.a > one.b for one in changed)
    shared = [p for p, score in a.prompt_scores[metric].items() if score is not None and p in b.prompt_scores[metric]]
    return Comparison(
        a=a,
        b=b,
        metric=metric,
        metrics=overall,
        p_holm=p_holm,
        by_tag=_by_tag(a, b),
        changed=changed,
        sides=mcnemar(only_a, len(changed) - only_a),
        independent=len({groups[prompt] for prompt in shared}) == len(shared),
        problem=problem,
    )


def _by_tag(a: Opened, b: Opened) -> dict[str, dict[str, Difference]]:
    tagged: dict[str, list[str]] = {}
    for prompt in a.suite.prompts:
        for tag in prompt.tags:
            tagged.setdefault(tag, []).append(prompt.id)
    found = differences_within(a.prompt_scores, b.prompt_scores, b.groups | a.groups, dict(sorted(tagged.items())))
    scored = {tag: {name: one for name, one in by_metric.items() if one.n} for tag, by_metric in found.items()}
    return {tag: by_metric for tag, by_metric in scored.items() if by_metric}


def _changed(a: Opened, b: Opened, metric: str) -> tuple[Changed, ...]:
    """The largest changes first."""
    one, other = a.prompt_scores[metric], b.prompt_scores[metric]
    texts = {prompt.id: prompt.text for prompt in (*b.suite.prompts, *a.suite.prompts)}
    pictures = _pictures(a), _pictures(b)
    found = [
        Changed(prompt, texts[prompt], x, y, pictures[0].get(prompt, ()), pictures[1].get(prompt, ()))
        for prompt, x in one.items()
        if x is not None and (y := other.get(prompt)) is not None and (x > SIDE) != (y > SIDE)
    ]
    return tuple(sorted(found, key=lambda change: -abs(change.a - change.b)))


def _pictures(run: Opened) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in run.rows.values():
        if row.image is not None:
            found[row.prompt_id] = (*found.get(row.prompt_id, ()), row.image)
    return found


def pilot_of(a: Path, b: Path, metric: str = PRIMARY) -> tuple[Spread, int]:
    """The spread of the differences between two runs, and the number of groups it was read from.

    Raises:
        UsageError: a folder that is no run, a metric that one lacks, or runs that tell nothing of a spread.
        NotComparable: suite, protocol, extractor or judges differ.
    """
    one, other = open_run(a), open_run(b)
    require_comparable(terms(one.config), terms(other.config))
    for run in (one, other):
        if metric not in run.prompt_scores:
            raise UsageError.unknown(f"metric of {run.folder}:", metric, run.prompt_scores)
    try:
        return pilot_spread(one.prompt_scores[metric], other.prompt_scores[metric], one.groups)
    except ValueError as problem:
        raise UsageError(f"{a}, {b}: {problem}") from None
