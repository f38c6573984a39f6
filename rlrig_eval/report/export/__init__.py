"""A run in the formats of others: a Hugging Face data set, an Inspect log, an every-eval-ever record."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.opened import open_run

FORMATS = {"hf": "hf", "inspect": "inspect_log", "every-eval-ever": "every_eval_ever"}
"""What `--to` may say, and the module of this package whose `write(run, folder)` does it."""


def export(run: Path, to: str, out: Path | None = None) -> list[Path]:
    """Write a run in another format; the files that were written.

    Args:
        to: one of `FORMATS`.
        out: the folder to write to, by default ``RUN/export/<to>``; files of the same name are replaced.

    Raises:
        UsageError: no such format, no finished run, a file in it that is no picture, or a folder that cannot be
            written to.
    """
    if to not in FORMATS:
        raise UsageError.unknown("format", to, FORMATS)
    opened = open_run(run)
    if opened.config.status != "finished":
        raise UsageError(f"{run}: the run is {opened.config.status}; its command goes on with it")
    folder = out or run / "export" / to
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written: list[Path] = import_module(f"{__name__}.{FORMATS[to]}").write(opened, folder)
    except OSError as problem:
        raise UsageError(f"{folder}: cannot write there: {problem.strerror or problem}") from None
    return written
