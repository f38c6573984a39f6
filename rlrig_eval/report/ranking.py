"""The leaderboard: a row for each run, the largest share of wholly right pictures first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlrig_eval.errors import UsageError
from rlrig_eval.report.cut import NO_CUT, Cut, within
from rlrig_eval.report.folder import Contestant, read_runs
from rlrig_eval.report.table import Cell, Column, Estimate, Table
from rlrig_eval.runs.compare import PRIMARY, terms
from rlrig_eval.stats import Place, paired_difference, places

DIFFERENCE = "difference"
VERSUS = "Δ all correct to "
_METRICS = (
    Column(name=PRIMARY, title="all correct", kind="share", better="higher"),
    Column(name="requirements", title="requirements", kind="share", better="higher"),
    Column(name="sg_iou", title="strict SG-IoU", kind="share", better="higher"),
    Column(name="pair_accuracy", title="pair accuracy", kind="share", better="higher"),
)
_COST = (
    Column(name="images_per_prompt", title="images", kind="number", unit="per prompt", better="lower", digits=1),
    Column(
        name="evals_per_prompt",
        title="denoiser",
        kind="number",
        unit="evaluations per prompt",
        better="lower",
        digits=0,
    ),
    Column(name="seconds_per_prompt", title="time", kind="number", unit="s per prompt", better="lower", digits=2),
)
_ALWAYS = (
    Column(name="coverage", title="coverage", kind="share"),
    Column(name="suite", title="suite", detail=True),
    Column(name="protocol", title="protocol", detail=True),
    Column(name="settings", title="settings", detail=True),
)


def leaderboard(run_dirs: Sequence[Path], columns: Sequence[str] | None = None, cut: Cut = NO_CUT) -> Table:
    """Rank runs by all correct; means stand with 95 % intervals that resample whole groups of prompts.

    Of several runs the first one named is the reference: the others have their paired difference to it, and all
    of them a rank interval, wherever suite, protocol, extractor and judges are the same.

    Args:
        columns: names of columns, in the order wanted: any metric of a summary, or one of `rank`, `first`,
            `difference`, `images_per_prompt`, `evals_per_prompt`, `seconds_per_prompt`. Model, coverage, suite,
            protocol and settings are always there.
        cut: leave out what cost more.

    Raises:
        UsageError: a folder that is no finished run, a column that none has, or a cut that leaves nothing.
    """
    return rank(read_runs(run_dirs), columns, cut)


def rank(contestants: Sequence[Contestant], columns: Sequence[str] | None = None, cut: Cut = NO_CUT) -> Table:
    """`leaderboard`, of runs that are already read; the first that the cut leaves is the reference."""
    kept, note = within(contestants, cut)
    reference, *others = kept
    comparable = [other for other in others if terms(other.run.config) == terms(reference.run.config)]
    ranked = _places(kept)
    known = {
        column.name: column for column in (*_metrics(kept), *_ranks(ranked), *_versus(reference, comparable), *_COST)
    }
    usual = [*(column.name for column in _METRICS), *(name for name in known if name.startswith("judge."))]
    usual += [
        name for name in ("rank", "first", DIFFERENCE, "images_per_prompt", "seconds_per_prompt") if name in known
    ]
    shown = [_column(known, name) for name in (usual if columns is None else columns)]
    rows = []
    for one in sorted(kept, key=_place):
        difference = _difference(one, reference) if one in comparable else None
        cells = _cells(one, ranked.get(one.label)) | {DIFFERENCE: difference}
        rows.append((one.label, *(cells.get(column.name) for column in shown), *_terms(one)))
    return Table(
        title="Leaderboard",
        columns=(Column(name="model", title="model"), *shown, *_ALWAYS),
        rows=tuple(rows),
        notes=(*note, *_notes(kept, comparable, ranked)),
    )


def by_tag(contestants: Sequence[Contestant]) -> Table:
    """All correct for each tag (a row) and run (a column). `prompts` is the most that any of them scored."""
    tags = sorted({tag for one in contestants for tag in one.summary.by_tag})
    rows = []
    for tag in tags:
        cells = [one.summary.by_tag.get(tag, {}).get(PRIMARY) for one in contestants]
        rows.append((tag, *cells, max((cell.n or 0 for cell in cells if cell is not None), default=0)))
    columns = (
        Column(name="tag", title="tag"),
        *(Column(name=f"{PRIMARY}.{one.label}", title=one.label, kind="share") for one in contestants),
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


def _metrics(contestants: Sequence[Contestant]) -> list[Column]:
    """A column for each metric of any summary; the usual ones under their usual titles."""
    usual = {column.name: column for column in _METRICS}
    names = sorted({name for one in contestants for name in one.summary.metrics} - usual.keys())
    others = (Column(name=name, title=_title(name), kind="share", better="higher") for name in names)
    return [*usual.values(), *others]


def _title(metric: str) -> str:
    return metric.replace(".", " ").replace("_", " ")


def _ranks(ranked: Mapping[str, Place]) -> tuple[Column, ...]:
    if not ranked:
        return ()
    return Column(name="rank", title="rank, 95 %"), Column(
        name="first", title="first", unit="of draws", kind="share", digits=2
    )


def _versus(reference: Contestant, comparable: Sequence[Contestant]) -> tuple[Column, ...]:
    return (Column(name=DIFFERENCE, title=f"{VERSUS}{reference.label}", kind="difference"),) if comparable else ()


def _column(known: Mapping[str, Column], name: str) -> Column:
    if name not in known:
        raise UsageError.unknown("column", name, known)
    return known[name]


def _places(contestants: Sequence[Contestant]) -> dict[str, Place]:
    """The place of each run among those that are comparable with it, by label; a run alone has none."""
    alike: dict[str, list[Contestant]] = {}
    for one in contestants:
        alike.setdefault(json.dumps(terms(one.run.config), sort_keys=True), []).append(one)
    found: dict[str, Place] = {}
    for members in alike.values():
        if len(members) > 1:
            scores = {one.label: one.run.prompt_scores.get(PRIMARY, {}) for one in members}
            found |= places(scores, members[0].run.groups) or {}
    return found


def _cells(one: Contestant, place: Place | None) -> dict[str, Cell]:
    samples = one.run.config.protocol.images_per_prompt
    images, evals = (one.summary.cost.get(f"{name}_per_sample") for name in ("images", "denoiser_evals"))
    return {
        **one.summary.metrics,
        "rank": None if place is None else str(place),
        "first": None if place is None else place.first,
        "images_per_prompt": None if images is None else images * samples,
        "evals_per_prompt": None if evals is None else evals * samples,
        "seconds_per_prompt": one.timing.seconds_per_sample.mean * samples,
    }


def _terms(one: Contestant) -> tuple[Cell, ...]:
    covered, config = one.summary.coverage, one.run.config
    protocol = f"{_seeds(one)}, prompt variant {config.protocol.variant}"
    share = covered["ok"] / covered["planned"] if covered["planned"] else None
    return share, one.suite, protocol, settings(one.summary.settings)


def _seeds(one: Contestant) -> str:
    seeds = one.run.config.protocol.seeds
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _place(one: Contestant) -> tuple[str, float]:
    """Runs of one suite stand together; one without a score comes last."""
    score = one.summary.metrics.get(PRIMARY)
    return one.suite, 1.0 if score is None or score.mean is None else -score.mean


def _difference(one: Contestant, reference: Contestant) -> Estimate | None:
    scores, theirs = (run.prompt_scores.get(PRIMARY) for run in (one.run, reference.run))
    if scores is None or theirs is None:
        return None
    found = paired_difference(scores, theirs, reference.run.groups | one.run.groups)
    return Estimate(mean=found.mean, ci95=(found.lo, found.hi), n=found.n)


def _notes(
    contestants: Sequence[Contestant], comparable: Sequence[Contestant], ranked: Mapping[str, Place]
) -> tuple[str, ...]:
    read = dict.fromkeys(_protocol(one) for one in contestants)
    method = "Brackets are 95 % intervals over groups of prompts."
    if ranked:
        method += (
            " Ranks are by all correct, among comparable runs: 95 % of bootstrap draws, and the share in first place."
        )
    if comparable:
        method += f" Δ is paired by prompt with {contestants[0].label}."
    if 0 < len(comparable) < len(contestants) - 1:
        method += " A run without Δ differs from it in suite, protocol, extractor or judges."
    return (*read, method)


def _protocol(one: Contestant) -> str:
    config = one.run.config
    prompts = len({sample.prompt.id for sample in one.run.samples})
    read = f"read by {config.extractor.name} {config.extractor.version}"
    return f"{one.suite}: {prompts} prompts, {_seeds(one)}, {read}."
