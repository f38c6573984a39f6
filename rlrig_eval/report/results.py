"""Results as pandas data frames, read-only: by metric, by prompt, by picture.

    from rlrig_eval import results
    results.metrics(["runs/a", "baselines/results"])

Every function takes run folders; all but `samples` also baseline files and folders of them. A score that is not
there is NaN, never a zero. Nothing is written, and changing a frame changes no run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlrig_eval.errors import UsageError
from rlrig_eval.report.entry import Entry, prompt_scores_in, read_entries, result_paths
from rlrig_eval.report.record import records
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs.opened import open_run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["metrics", "prompts", "samples"]

Paths = Sequence[str | Path] | str | Path


def metrics(paths: Paths) -> pd.DataFrame:
    """A row for each result, tag and metric: `run, model, suite, tag, metric, mean, lo, hi, n`.

    `tag` is "" over all prompts; `lo` and `hi` bound the 95 % interval; `n` counts prompts.

    Raises:
        UsageError, UnreadableFile: as in `read_entries`.
    """
    rows = [
        {"run": one.label, "model": one.model, "suite": one.suite, "tag": tag, "metric": name, **_flat(found)}
        for one in read_entries(_listed(paths))
        for tag, by_name in ({"": one.metrics} | dict(one.by_tag)).items()
        for name, found in by_name.items()
    ]
    return _frame(rows, ["run", "model", "suite", "tag", "metric", "mean", "lo", "hi", "n"])


def prompts(paths: Paths) -> pd.DataFrame:
    """A row for each result and prompt: `run, model, suite, prompt, group`, then a column a metric.

    Scores are means over the seeds of a prompt.

    Raises:
        UsageError, UnreadableFile: as in `read_entries`.
    """
    listed = _listed(paths)
    rows = [
        row
        for path, one in zip(result_paths(listed), read_entries(listed), strict=True)
        for row in _prompt_rows(one, prompt_scores_in(path))
    ]
    return _frame(rows, ["run", "model", "suite", "prompt", "group"])


def samples(paths: Paths) -> pd.DataFrame:
    """A row for each planned picture of some runs: what it was to be, what became of it, and its scores.

    `run, model, suite, sample, prompt, text, group, tags, seed, status, reason, image, seconds`, then a column a
    metric of single pictures and ``cost.<name>`` for each cost. `image` is a path or None, `tags` a tuple.

    Raises:
        UsageError, UnreadableFile: a folder that is no finished run.
    """
    listed = _listed(paths)
    rows = []
    for path, one in zip(result_paths(listed), read_entries(listed), strict=True):
        if path.is_file():
            raise UsageError(f"{path}: a baseline file has no pictures; name run folders")
        for record in records(open_run(path)):
            rows.append(
                {
                    "run": one.label,
                    "model": one.model,
                    "suite": one.suite,
                    "sample": record.id,
                    "prompt": record.prompt.id,
                    "text": record.prompt.text,
                    "group": record.prompt.group,
                    "tags": record.prompt.tags,
                    "seed": record.seed,
                    "status": record.status,
                    "reason": record.reason,
                    "image": None if record.image is None else str(record.image),
                    "seconds": record.seconds,
                    **record.values,
                    **{f"cost.{name}": value for name, value in record.cost.items()},
                }
            )
    return _frame(rows, ["run", "model", "suite", "sample", "prompt", "text", "group", "tags", "seed", "status"])


def _listed(paths: Paths) -> list[Path]:
    return [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]


def _flat(found: Estimate) -> dict[str, Any]:
    lo, hi = found.ci95
    return {"mean": found.mean, "lo": lo, "hi": hi, "n": found.n}


def _prompt_rows(one: Entry, scores: dict[str, dict[str, float | None]]) -> list[dict[str, Any]]:
    ids = list(dict.fromkeys(prompt for by_prompt in scores.values() for prompt in by_prompt))
    about = {"run": one.label, "model": one.model, "suite": one.suite}
    return [
        about
        | {"prompt": prompt, "group": one.groups.get(prompt)}
        | {metric: by_prompt.get(prompt) for metric, by_prompt in scores.items()}
        for prompt in ids
    ]


def _frame(rows: list[dict[str, Any]], first: list[str]) -> pd.DataFrame:
    """With the columns of `first` in front, also without rows; numbers are floats, with NaN where there is none."""
    import pandas as pd

    columns = list(dict.fromkeys([*first, *(name for row in rows for name in row)]))
    frame = pd.DataFrame(rows, columns=columns)
    numeric = [c for c in columns if any(isinstance(row.get(c), float) for row in rows)]
    return frame.astype(dict.fromkeys(numeric, "float64"))
