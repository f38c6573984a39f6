"""Rows of samples, made up and written."""

from __future__ import annotations

from pathlib import Path

from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.writing import appending


def row(number: int, seconds: float = 1.0) -> SampleRow:
    return SampleRow(id=f"p{number}#s0", prompt_id=f"p{number}", seed=0, batch=0, status="ok", seconds=seconds)


def failed(number: int) -> SampleRow:
    return row(number).model_copy(update={"status": "error", "error": "no memory"})


def drawn(number: int, digest: str) -> SampleRow:
    return row(number).model_copy(update={"image": f"images/p{number}_0.png", "image_sha256": digest})


def write(path: Path, *rows: SampleRow | ScoreRow) -> None:
    with appending(path) as append:
        append(rows)
