"""What a prompt took, as columns of a leaderboard: pictures, evaluations, a VLM's calls and tokens, time, memory."""

from __future__ import annotations

from rlrig_eval.report.entry import Entry
from rlrig_eval.report.table import Cell, Column

_GIB = 1024.0


def _column(name: str, title: str, unit: str, digits: int) -> Column:
    return Column(name=name, title=title, kind="number", unit=unit, better="lower", digits=digits)


_COUNTED = (
    ("images", _column("images_per_prompt", "images", "per prompt", 1)),
    ("denoiser_evals", _column("evals_per_prompt", "denoiser", "evaluations per prompt", 0)),
    ("vlm_calls", _column("vlm_calls_per_prompt", "VLM", "calls per prompt", 1)),
    ("vlm_tokens_read", _column("vlm_read_per_prompt", "VLM reads", "tokens per prompt", 0)),
    ("vlm_tokens_written", _column("vlm_written_per_prompt", "VLM writes", "tokens per prompt", 0)),
)
"""A cost of a summary, and the column that adds it up over the pictures of a prompt."""

_MEMORY = (
    ("ram", _column("peak_ram", "peak main memory", "GiB", 2)),
    ("gpu", _column("peak_gpu", "peak GPU memory", "GiB", 2)),
)
"""A memory, and the column of its highest peak over the batches. It is no sum: pictures of a batch share it."""

_SECONDS = _column("seconds_per_prompt", "time", "s per prompt", 2)
COLUMNS: tuple[Column, ...] = (
    *(column for _, column in _COUNTED),
    _SECONDS,
    *(column for _, column in _MEMORY),
)


def spent(one: Entry) -> dict[str, Cell]:
    """Column name -> what the result says of it; None where it does not say."""
    pictures = one.images_per_prompt
    counted = {column.name: one.cost.get(f"{cost}_per_sample") for cost, column in _COUNTED}
    peaks = {column.name: one.peak_mib.get(where) for where, column in _MEMORY}
    return {
        **{name: None if each is None else each * pictures for name, each in counted.items()},
        _SECONDS.name: None if one.seconds is None else one.seconds * pictures,
        **{name: None if peak is None else peak / _GIB for name, peak in peaks.items()},
    }
