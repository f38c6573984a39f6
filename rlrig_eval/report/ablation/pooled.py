"""Several runs of one model on other seeds, as one: an ablation grows by the seeds that it has not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import SampleRow


def require_distinct(seeds: Iterable[Sequence[int] | None]) -> None:
    """Raises UsageError where two runs would draw the same seed: its pictures would count twice.

    >>> require_distinct([(0, 1), (2, 3)])
    """
    twice = [seed for seed, n in Counter(chain.from_iterable(some or () for some in seeds)).items() if n > 1]
    if twice:
        raise UsageError(f"--seeds: {twice[0]} is named twice")


def pooled(runs: Sequence[Opened], folder: Path) -> Opened:
    """The runs as one of all their seeds, whose pictures lie below `folder`, as those of the runs do.

    They are of one suite and model; no seed is in two of them. What some of them were not scored by is left out.
    """
    first, protocol = runs[0], runs[0].config.protocol
    by_all = [name for name in first.scores if all(name in run.scores for run in runs)]
    seeds = tuple(seed for run in runs for seed in run.config.protocol.seeds)
    return replace(
        first,
        folder=folder,
        config=first.config.model_copy(update={"protocol": protocol.model_copy(update={"seeds": seeds})}),
        rows={id_: _below(folder, run, row) for run in runs for id_, row in run.rows.items()},
        scores={name: dict(chain.from_iterable(run.scores[name].items() for run in runs)) for name in by_all},
    )


def _below(folder: Path, run: Opened, row: SampleRow) -> SampleRow:
    """The row with its files named from `folder`."""
    to = run.folder.relative_to(folder)
    files = {name: getattr(row, name) for name in ("image", "trace")}
    return row.model_copy(update={name: str(to / file) for name, file in files.items() if file is not None})
