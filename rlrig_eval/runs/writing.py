"""Files that several processes write: each is locked while rows are appended to it, and a row is never half there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from rlrig_eval.atomic import replace_text
from rlrig_eval.errors import UsageError
from rlrig_eval.scene.graph import Frozen


@contextmanager
def appending(path: Path) -> Iterator[Callable[[Iterable[Frozen]], None]]:
    """A function that appends rows to a JSONL file; they are on disk when it returns.

    A line that an earlier process left without an end is cut off first: its sample is owed again.

    Raises:
        UsageError: another process is appending to the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path) as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)

        def append(rows: Iterable[Frozen]) -> None:
            rest = memoryview("".join(f"{row.model_dump_json()}\n" for row in rows).encode())
            while rest:  # a write may be short, as on a disk that it fills; the next one then raises
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())

        yield append


def replace_rows(path: Path, rows: Iterable[Frozen]) -> None:
    """Write a JSONL file whole."""
    replace_text(path, "".join(f"{row.model_dump_json()}\n" for row in rows))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time is in here for the run in `folder`; the others wait for their turn."""
    path = folder / ".lock"
    with _locked(path, fcntl.LOCK_EX):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)  # whoever waits for it opens it anew


@contextmanager
def _locked(path: Path, operation: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> Iterator[FileIO]:
    """The file at `path`, locked; UsageError when another process has it and `operation` does not wait.

    One that a merge replaces or takes away while it is being locked is opened anew: nobody would read what is
    written to it.
    """
    while True:
        with path.open("a+b", buffering=0) as file:
            try:
                fcntl.flock(file, operation)
            except BlockingIOError:
                raise UsageError(f"{path.parent}: another process is writing to this run") from None
            if _is_at(path, file):
                yield file
                return


def _is_at(path: Path, file: FileIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
