"""A run folder: where its files lie, its documents read, and the folder made ready for a run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.folders import writable, writing
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.writing import appending

Document = TypeVar("Document", bound=BaseModel)

_SHARD = re.compile(r"\d+-of-\d+\.jsonl")
_OWN = (
    "suite.json",
    "samples.jsonl",
    "samples.*-of-*.jsonl",
    "images",
    "traces",
    "scores",
    "report.html",
    "timing.json",
    "summary.json",
    "run.json",  # last: without it, what a kill left of the others would be no run to start anew
)


def samples_file(folder: Path, shard: Shard | None = None) -> Path:
    """Where the rows of a run's samples lie, or those of one shard."""
    return folder / f"samples{_suffix(shard)}.jsonl"


def scores_file(folder: Path, scorer: str, shard: Shard | None = None) -> Path:
    """Where what a scorer, or judge, says of a run's samples lies, or of one shard's."""
    return folder / "scores" / f"{scorer}{_suffix(shard)}.jsonl"


def samples_files(folder: Path) -> list[Path]:
    """The samples that there are: of shards, then the run's own."""
    return [*_of_shards(folder, "samples"), *(file for file in (samples_file(folder),) if file.exists())]


def scores_files(folder: Path, scorer: str) -> list[Path]:
    """The scores that there are: of shards, then the run's own."""
    own = scores_file(folder, scorer)
    return [*_of_shards(own.parent, scorer), *(file for file in (own,) if file.exists())]


def _of_shards(folder: Path, name: str) -> list[Path]:
    files = sorted(folder.glob(f"{name}.*-of-*.jsonl"))
    return [file for file in files if _SHARD.fullmatch(file.name.removeprefix(f"{name}."))]  # gpt-4 has none of gpt-4.1


def read_document(path: Path, model: type[Document]) -> Document:
    """A JSON file as a `model`; UnreadableFile when it cannot be read or does not fit."""
    try:
        return model.model_validate_json(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise UnreadableFile("not UTF-8 text", path=path) from None
    except OSError as problem:
        raise UnreadableFile(problem.strerror or "cannot be read", path=path) from None
    except ValidationError as problem:
        raise UnreadableFile.invalid(problem, model, path=path) from None


def require_idle(folder: Path) -> None:
    """Raises UsageError while another process writes to the run: a file that it appends to must not be replaced."""
    for path in (*samples_files(folder), *folder.glob("scores/*.jsonl")):
        with appending(path):
            pass


def prepare(folder: Path, fresh: bool) -> None:
    """Make the folder of a run, empty of an earlier one when `fresh`, and see that it can be written to.

    Raises:
        UsageError: it cannot be made or written to, the disk is full, it holds something that is no run or, of an
            earlier one that is to go, another process is at work on it.
    """
    # In this order: another shard may begin the run between the two looks, and it writes run.json first.
    if any(folder.glob("[!.]*")) and not (folder / "run.json").exists():
        raise UsageError(f"{folder}: the folder holds files but no run.json; name an empty or a new one with --out")
    if fresh:
        with writing(folder):
            require_idle(folder)
            _clear(folder)
    writable(folder)


def _clear(folder: Path) -> None:
    for pattern in _OWN:
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _suffix(shard: Shard | None) -> str:
    return "" if shard is None else f".{shard.index}-of-{shard.count}"
