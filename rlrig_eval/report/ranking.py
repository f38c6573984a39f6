"""The leaderboard: a row for each run, the largest share of wholly right pictures first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rlrig_eval.report.folder import Contestant, read_runs
from rlrig_eval.report.table import Cell, Column, Estimate, Table
from rlrig_eval.runs.compare import differences, terms

PRIMARY = "all_correct"
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
    Column(name="seconds_per_prompt", title="time", kind="number", unit="s per prompt", better="lower", digits=2),
    Column(name="coverage", title="coverage", kind="share"),
)
_TERMS = (
    Column(name="suite", title="suite", detail=True),
    Column(name="settings", title="settings", detail=True),
)


def leaderboard(run_dirs: Sequence[Path]) -> Table:
    """Rank runs by all correct; means stand with 95 % intervals that resample whole groups of prompts.

    Of several runs the first one named is the reference: the others have their paired difference to it,
    wherever suite, protocol, extractor and judges are the same.

    Raises:
        UsageError: a folder that is no finished run.
    """
    return rank(read_runs(run_dirs))


def rank(contestants: Sequence[Contestant]) -> Table:
    """`leaderboard`, of runs that are already read; the first is the reference."""
    reference, *others = contestants
    comparable = [other for other in others if terms(other.run.config) == terms(reference.run.config)]
    metrics = (*_METRICS, *_judges(contestants))
    against = (Column(name=DIFFERENCE, title=f"{VERSUS}{reference.label}", kind="difference"),) if comparable else ()
    rows = []
    for one in sorted(contestants, key=_place):
        difference = _difference(one, reference) if one in comparable else None
        rows.append(
            (
                one.label,
                *(one.summary.metrics.get(column.name) for column in metrics),
                *(difference for _ in against),
                *_cost(one),
                one.suite,
                settings(one.summary.settings),
            )
        )
    columns = (Column(name="model", title="model"), *metrics, *against, *_COST, *_TERMS)
    return Table(title="Leaderboard", columns=columns, rows=tuple(rows), notes=_notes(contestants, comparable))


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


def _judges(contestants: Sequence[Contestant]) -> list[Column]:
    names = sorted({name for one in contestants for name in one.summary.metrics if name.startswith("judge.")})
    return [Column(name=name, title=name.replace(".", " "), kind="share", better="higher") for name in names]


def _place(one: Contestant) -> tuple[str, float]:
    """Runs of one suite stand together; one without a score comes last."""
    score = one.summary.metrics.get(PRIMARY)
    return one.suite, 1.0 if score is None or score.mean is None else -score.mean


def _difference(one: Contestant, reference: Contestant) -> Estimate | None:
    found = differences(one.run, reference.run).get(PRIMARY)
    return None if found is None else Estimate(mean=found.mean, ci95=(found.lo, found.hi), n=found.n)


def _cost(one: Contestant) -> tuple[Cell, ...]:
    samples = one.run.config.protocol.images_per_prompt
    images, covered = one.summary.cost.get("images_per_sample"), one.summary.coverage
    return (
        None if images is None else images * samples,
        one.timing.seconds_per_sample.mean * samples,
        covered["ok"] / covered["planned"] if covered["planned"] else None,
    )


def _notes(contestants: Sequence[Contestant], comparable: Sequence[Contestant]) -> tuple[str, ...]:
    read = dict.fromkeys(_protocol(one) for one in contestants)
    method = "Brackets are 95 % intervals over groups of prompts."
    if comparable:
        method += f" Δ is paired by prompt with {contestants[0].label}."
    if 0 < len(comparable) < len(contestants) - 1:
        method += " A run without Δ differs from it in suite, protocol, extractor or judges."
    return (*read, method)


def _protocol(one: Contestant) -> str:
    config = one.run.config
    prompts = len({sample.prompt.id for sample in one.run.samples})
    seeds = ", ".join(map(str, config.protocol.seeds))
    read = f"read by {config.extractor.name} {config.extractor.version}"
    return f"{one.suite}: {prompts} prompts, seed{'s' * (len(config.protocol.seeds) > 1)} {seeds}, {read}."
