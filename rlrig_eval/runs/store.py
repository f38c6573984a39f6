"""The files of a run folder: rows that are only ever appended, and documents that are replaced whole."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from hashlib import sha256
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.folders import writable, writing
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.scene.graph import Frozen


class Told(Protocol):
    """A row, or the part of one that a report needs."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def image_sha256(self) -> str | None: ...


class Drawn(Told, Protocol):
    """A row of samples, or the part of one that a report needs."""

    @property
    def image(self) -> str | None: ...


Row = TypeVar("Row", bound=BaseModel)
AnyRow = TypeVar("AnyRow", bound=Told)
AnyDrawn = TypeVar("AnyDrawn", bound=Drawn)
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
    return folder / f"samples{_suffix(shard)}.jsonl"


def scores_file(folder: Path, scorer: str, shard: Shard | None = None) -> Path:
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


def latest(files: Iterable[Iterable[AnyRow]], picture: Callable[[AnyRow], str | None]) -> dict[str, AnyRow]:
    """Sample id -> the last of its rows in a file; of several files, the one of the picture that there is now.

    Where that does not tell, it is the last that has an ok one. A shard that was run again after a merge stands
    before the merged file, and has what failed there and what was drawn again with it.

    Args:
        picture: the hash of the picture that a row's sample has now; asked only where files tell of two.
    """
    found: dict[str, AnyRow] = {}
    for rows in files:
        for id_, row in {row.id: row for row in rows}.items():
            if id_ not in found or _supersedes(row, found[id_], picture):
                found[id_] = row
    return found


def _supersedes(row: AnyRow, before: AnyRow, picture: Callable[[AnyRow], str | None]) -> bool:
    told = {before.image_sha256, row.image_sha256}
    if len(told) == 2 and None not in told and (now := picture(row)) in told:
        return now == row.image_sha256
    return row.status == "ok" or before.status != "ok"


def current(rows: Mapping[str, Told], seen: Mapping[str, AnyRow]) -> dict[str, AnyRow]:
    """The scores of pictures that the run has: none of a sample that was drawn again since, or is in error now."""
    digests = {id_: row.image_sha256 for id_, row in rows.items() if row.status == "ok"}
    return {id_: row for id_, row in seen.items() if id_ in digests and digests[id_] == row.image_sha256}


def latest_samples(folder: Path, files: Iterable[Iterable[AnyDrawn]]) -> dict[str, AnyDrawn]:
    """`latest` of the rows in files of samples, whatever part of them was read: of two, that of the picture on disk."""

    def picture(row: AnyDrawn) -> str | None:
        try:
            return sha256((folder / (row.image or "")).read_bytes()).hexdigest()
        except OSError:
            return None

    return latest(files, picture)


def latest_scores(folder: Path, files: Iterable[Iterable[AnyRow]]) -> dict[str, AnyRow]:
    """`latest` of the rows in files of one scorer: of two, that of the picture which the sample's row counts with."""

    @cache
    def pictures() -> dict[str, str | None]:
        return {id_: row.image_sha256 for id_, row in read_samples(folder).items()}

    return latest(files, lambda row: pictures().get(row.id))


def read_samples(folder: Path) -> dict[str, SampleRow]:
    """Sample id -> its row, over the run's own file and those of its shards (`latest`)."""
    return latest_samples(folder, (read_rows(file, SampleRow) for file in samples_files(folder)))


def read_scores(folder: Path, scorer: str) -> dict[str, ScoreRow]:
    """Sample id -> its row by `scorer`, over the run's own file and those of its shards (`latest`)."""
    return latest_scores(folder, (read_rows(file, ScoreRow) for file in scores_files(folder, scorer)))


def read_run(folder: Path, scorers: Iterable[str]) -> tuple[dict[str, SampleRow], dict[str, dict[str, ScoreRow]]]:
    """The samples, and by scorer what is said of the pictures that they have now."""
    rows = read_samples(folder)
    return rows, {name: current(rows, read_scores(folder, name)) for name in scorers}


def read_rows(path: Path, model: type[Row]) -> Iterator[Row]:
    """The rows of a JSONL file; a last line without an end was cut off in the middle and is left out.

    Raises:
        UnreadableFile: a whole line that is no such row.
    """
    *lines, _torn = path.read_bytes().split(b"\n")  # bytes: it may be cut off in the middle of a character
    for number, line in enumerate(lines, start=1):
        try:
            yield model.model_validate_json(line)
        except ValidationError as problem:
            raise UnreadableFile.invalid(problem, model, path=path, line=number) from None


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


def require_idle(folder: Path) -> None:
    """Raises UsageError while another process writes to the run: a file that it appends to must not be replaced."""
    for path in (*samples_files(folder), *folder.glob("scores/*.jsonl")):
        with appending(path):
            pass


def merge_shards(folder: Path, order: Sequence[str], scorers: Iterable[str]) -> None:
    """Each sample's row (`latest`), in the given order of ids, into one file; the files of the shards go.

    All of them are locked meanwhile, so that nobody appends to what goes. A shard that begins meanwhile stays.

    Raises:
        UsageError: another process writes to one of them; none was merged.
    """
    samples, scores = samples_file(folder), {name: scores_file(folder, name) for name in scorers}
    shards = {samples: set(samples_files(folder)) - {samples}}
    shards |= {path: set(scores_files(folder, name)) - {path} for name, path in scores.items()}
    with ExitStack() as stack:
        for path in sorted({*shards, *chain(*shards.values())}):
            stack.enter_context(appending(path))
        _merge(samples, shards[samples], read_samples(folder), order)
        for name, path in scores.items():
            _merge(path, shards[path], read_scores(folder, name), order)


def _merge(path: Path, shards: Iterable[Path], rows: Mapping[str, Frozen], order: Sequence[str]) -> None:
    replace_rows(path, (rows[id_] for id_ in order if id_ in rows))
    for shard in shards:
        shard.unlink()


def replace_rows(path: Path, rows: Iterable[Frozen]) -> None:
    """Write a JSONL file whole."""
    replace_text(path, "".join(f"{row.model_dump_json()}\n" for row in rows))


def replace_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document whole."""
    replace_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def replace_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    replace_bytes(path, text.encode())


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never part of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")  # shards of other machines have our process id
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
