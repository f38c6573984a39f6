"""The leaderboard: a row for each run, the largest share of wholly right pictures first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from rlrig_eval.errors import UsageError
from rlrig_eval.report.cut import NO_CUT, Cut, equal_budgets, within
from rlrig_eval.report.entry import Entry, read_entries
from rlrig_eval.report.spending import COLUMNS, spent
from rlrig_eval.report.table import Cell, Column, Estimate, Table
from rlrig_eval.runs.compare import PRIMARY
from rlrig_eval.stats import Place, paired_differences, places

DIFFERENCE = "difference"
VERSUS = "Δ all correct to "
_METRICS = (
    Column(name=PRIMARY, title="all correct", kind="share", better="higher"),
    Column(name="requirements", title="requirements", kind="share", better="higher"),
    Column(name="sg_iou", title="strict SG-IoU", kind="share", better="higher"),
    Column(name="pair_accuracy", title="pair accuracy", kind="share", better="higher"),
)
_ALWAYS = (
    Column(name="coverage", title="coverage", kind="share"),
    Column(name="prompts", title="prompts", unit="scored/planned"),
    Column(name="suite", title="suite", detail=True),
    Column(name="protocol", title="protocol", detail=True),
    Column(name="settings", title="settings", detail=True),
)


def leaderboard(
    paths: Sequence[Path], columns: Sequence[str] | None = None, cut: Cut = NO_CUT, reference: str | None = None
) -> Table:
    """Rank results by all correct; means stand with 95 % intervals that resample whole groups of prompts.

    Of several results one is the reference: the others have their paired difference to it, and all of them a rank
    interval, wherever suite, protocol, extractor and judges are the same. A result of fewer prompts than another that
    it can be compared with has no rank, and stands below.

    Args:
        paths: run folders, baseline files, or folders of either.
        columns: names of columns, in the order wanted: any metric of a summary, or one of `rank`, `first`,
            `difference`, or a cost: `images_per_prompt`, `evals_per_prompt`, `vlm_calls_per_prompt`,
            `vlm_read_per_prompt`, `vlm_written_per_prompt`, `seconds_per_prompt`, `peak_ram`, `peak_gpu`. Model,
            coverage, prompts, suite, protocol and settings are always there.
        cut: leave out what cost more.
        reference: the label of the one that the others are held against; by default the first.

    Raises:
        UsageError: a folder that is no finished run, a column or a reference that none has, or a cut that leaves
            nothing.
    """
    return rank(read_entries(paths), columns, cut, reference)


def rank(
    entries: Sequence[Entry],
    columns: Sequence[str] | None = None,
    cut: Cut = NO_CUT,
    reference: str | None = None,
) -> Table:
    """`leaderboard`, of results that are already read; where the cut leaves the reference out, the first left is it."""
    return _board(entries, columns, cut, reference)


def _board(
    entries: Sequence[Entry],
    columns: Sequence[str] | None,
    cut: Cut,
    reference: str | None,
    dispensable: Collection[str] = (),
) -> Table:
    """`rank`; columns that are `dispensable` are left out where this cut has nothing for them."""
    kept, note = within(entries, cut)
    first, comparable, ranked, known = _compared(entries, kept, reference)
    usual = [*_scored_by(kept), *(name for name in known if name.startswith("judge."))]
    usual += [
        name for name in ("rank", "first", DIFFERENCE, "images_per_prompt", "seconds_per_prompt") if name in known
    ]
    wanted = dict.fromkeys(usual if columns is None else columns)
    shown = [_column(known, name) for name in wanted if name in known or name not in dispensable]
    if not all(one.comparable(other) and one.prompts == other.prompts for one, other in combinations(kept, 2)):
        # A best among results that cannot be compared is none.
        shown = [column.model_copy(update={"better": None}) for column in shown]
    differences = _differences(comparable, first)
    rows = []
    for one in sorted(kept, key=_place):
        cells = _cells(one, ranked.get(one.label)) | {DIFFERENCE: differences.get(one.label)}
        metric = next((column.name for column in shown if column.name in one.metrics), PRIMARY)
        rows.append((one.label, *(cells.get(column.name) for column in shown), *_terms(one, metric)))
    return Table(
        title=" · ".join(["Leaderboard", *(f"{one.label}: {one.distrust}" for one in kept if one.distrust)]),
        columns=(Column(name="model", title="model"), *shown, *_ALWAYS),
        rows=tuple(rows),
        notes=(*note, *_notes(kept, first, comparable, ranked)),
    )


def at_equal_budget(
    entries: Sequence[Entry], label: str, columns: Sequence[str] | None = None, reference: str | None = None
) -> list[Table]:
    """A leaderboard of what costs no more than the result called `label`: in images, and in denoiser evaluations.

    Raises:
        UsageError: there is no such result, or it does not say its cost.
    """
    # A run that is left alone has no rank, though the whole table has.
    whole = () if columns is None else _compared(entries, entries, reference).known
    return [
        _board(entries, columns, cut, reference, whole).model_copy(update={"title": title})
        for title, cut in equal_budgets(entries, label)
    ]


class _Compared(NamedTuple):
    """Who is compared with whom in one table, and by name the columns that it can show."""

    first: Entry
    comparable: Sequence[Entry]
    ranked: Mapping[str, Place]
    known: Mapping[str, Column]


def _compared(entries: Sequence[Entry], kept: Sequence[Entry], reference: str | None) -> _Compared:
    first = _reference(entries, kept, reference)
    comparable = [other for other in kept if other is not first and other.comparable(first)]
    ranked = _places(kept)
    possible = (*_metrics(kept), *_ranks(ranked), *_versus(first, comparable), *COLUMNS)
    return _Compared(first, comparable, ranked, {column.name: column for column in possible})


def _reference(entries: Sequence[Entry], kept: Sequence[Entry], label: str | None) -> Entry:
    if label is not None and label not in (labels := [one.label for one in entries]):
        raise UsageError.unknown("run", label, labels)
    return next((one for one in kept if one.label == label), kept[0])


def by_tag(entries: Sequence[Entry]) -> Table:
    """All correct for each tag (a row) and run (a column). `prompts` is the most that any of them scored."""
    tags = sorted({tag for one in entries for tag in one.by_tag})
    rows = []
    for tag in tags:
        cells = [one.by_tag.get(tag, {}).get(PRIMARY) for one in entries]
        rows.append((tag, *cells, max((cell.n or 0 for cell in cells if cell is not None), default=0)))
    columns = (
        Column(name="tag", title="tag"),
        *(Column(name=f"{PRIMARY}.{one.label}", title=one.label, kind="share") for one in entries),
        Column(name="prompts", title="prompts", kind="count"),
    )
    return Table(title="All correct by tag", columns=columns, rows=tuple(rows))


def settings(values: Mapping[str, Any]) -> str:
    """A model's settings in words.

    >>> settings({"steps": 4, "size": [64, 64], "loop": {"max_edits": 4}})
    'loop (max_edits 4), size 64×64, steps 4'
    """
    return ", ".join(f"{key} {_words(value)}" for key, value in sorted(values.items()))


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({settings(value)})"
    return "×".join(map(_words, value)) if isinstance(value, list | tuple) else str(value)


def _metrics(entries: Sequence[Entry]) -> list[Column]:
    """A column for each metric of any summary; the usual ones under their usual titles."""
    usual = {column.name: column for column in _METRICS}
    names = sorted({name for one in entries for name in one.metrics} - usual.keys())
    others = (Column(name=name, title=_title(name), kind="share", better="higher") for name in names)
    return [*usual.values(), *others]


def _scored_by(entries: Sequence[Entry]) -> list[str]:
    """The usual metrics; where no summary has any, as of a suite with a scorer of its own alone, what there is."""
    usual = [column.name for column in _METRICS]
    found = list(dict.fromkeys(name for one in entries for name in one.metrics if not name.startswith("judge.")))
    return usual if set(usual) & set(found) or not found else found


def _title(metric: str) -> str:
    return metric.replace(".", " ").replace("_", " ")


def _ranks(ranked: Mapping[str, Place]) -> tuple[Column, ...]:
    if not ranked:
        return ()
    return Column(name="rank", title="rank, 95 %"), Column(
        name="first", title="first", unit="of draws", kind="share", digits=2
    )


def _versus(reference: Entry, comparable: Sequence[Entry]) -> tuple[Column, ...]:
    return (Column(name=DIFFERENCE, title=f"{VERSUS}{reference.label}", kind="difference"),) if comparable else ()


def _column(known: Mapping[str, Column], name: str) -> Column:
    if name not in known:
        raise UsageError.unknown("column", name, known)
    return known[name]


def _places(entries: Sequence[Entry]) -> dict[str, Place]:
    """The place of each run among those that are comparable with it, by label; a run alone has none.

    Ranks rest on the prompts that all scored, so that one run of a few prompts would rank everybody on these.
    """
    found: dict[str, Place] = {}
    for members, most in _alike(entries):
        whole = [one for one in members if one.prompts == most]
        if len(whole) > 1:
            found |= places({one.label: one.scores for one in whole}, whole[0].groups) or {}
    return found


def _alike(entries: Sequence[Entry]) -> list[tuple[list[Entry], int]]:
    """Those with scores that can be compared with each other, and the most prompts that one of them planned.

    A plan is the head of its suite, so that as many prompts are the same ones. One that can be compared with two who
    cannot be compared with each other stands with the first.
    """
    found: list[list[Entry]] = []
    for one in (one for one in entries if any(score is not None for score in one.scores.values())):
        members = next((those for those in found if all(one.comparable(other) for other in those)), None)
        if members is None:
            found.append(members := [])
        members.append(one)
    return [(members, max(one.prompts for one in members)) for members in found]


def _cells(one: Entry, place: Place | None) -> dict[str, Cell]:
    return {
        **one.metrics,
        "rank": None if place is None else str(place),
        "first": None if place is None else place.first,
        **spent(one),
    }


def _terms(one: Entry, metric: str) -> tuple[Cell, ...]:
    """The cells of `_ALWAYS`; the coverage is that of the scorer of `metric`, the first that the row shows."""
    covered = one.covered(metric)
    protocol = f"{_seeds(one)}, prompt variant {one.terms['protocol']['variant']}"
    share = covered["ok"] / covered["planned"] if covered["planned"] else None
    return share, f"{_scored(one)}/{one.prompts}", one.suite, protocol, settings(one.settings)


def _scored(one: Entry) -> int:
    """Prompts with a score: of all correct or, where nothing says, of the metric that has most."""
    metrics = [one.metrics[PRIMARY]] if PRIMARY in one.metrics else list(one.metrics.values())
    return max((metric.n or 0 for metric in metrics), default=0)


def _seeds(one: Entry) -> str:
    return f"seed{'s' * (len(one.seeds) > 1)} {', '.join(map(str, one.seeds))}"


def _place(one: Entry) -> tuple[str, bool, int, float]:
    """Runs of one suite stand together; those of fewer prompts below, and one without a score last."""
    score = one.metrics.get(PRIMARY)
    mean = None if score is None else score.mean
    return one.suite, mean is None, -one.prompts, -(mean or 0.0)


def _differences(others: Sequence[Entry], reference: Entry) -> dict[str, Estimate]:
    """Label -> the paired difference in all correct, for those that both have scores."""
    theirs = {one.label: one.scores for one in others if one.scores and reference.scores}
    groups = dict(reference.groups)
    for one in others:
        groups.update(one.groups)
    found = paired_differences(theirs, dict.fromkeys(theirs, reference.scores), groups)
    return {label: Estimate(mean=one.mean, ci95=(one.lo, one.hi), n=one.n) for label, one in found.items()}


def _notes(
    entries: Sequence[Entry], reference: Entry, comparable: Sequence[Entry], ranked: Mapping[str, Place]
) -> tuple[str, ...]:
    read = dict.fromkeys(_protocol(one) for one in entries)
    method = "Brackets are 95 % intervals over groups of prompts."
    if ranked:
        counts = " or ".join(map(str, dict.fromkeys(place.n for place in ranked.values())))
        method += (
            f" Ranks are by all correct, among comparable runs, over the {counts} prompts that all of them scored: "
            "95 % of bootstrap draws, and the share in first place."
        )
    if comparable:
        method += f" Δ is paired by prompt with {reference.label}."
    if 0 < len(comparable) < len(entries) - 1:
        method += " A run without Δ differs from it in suite, protocol, extractor or judges."
    return (*read, method, *_small(entries))


def _small(entries: Sequence[Entry]) -> list[str]:
    """A note on those that have no rank for having planned fewer prompts than another."""
    return [
        f"No rank for {', '.join(small)}: others planned {most}, and all would be ranked on the few that each has."
        for members, most in _alike(entries)
        if (small := [f"{one.label} ({one.prompts} prompts)" for one in members if one.prompts < most])
    ]


def _protocol(one: Entry) -> str:
    read = one.terms["extractor"]
    how = f"read by {read['name']} {read['version']}"
    return f"{one.suite}: {one.prompts} prompts, {_seeds(one)}, {how}."
