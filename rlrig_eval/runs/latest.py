"""The rows of a run read back, and which of them counts where several files tell of one sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.store import samples_file, samples_files, scores_file, scores_files
from rlrig_eval.runs.writing import appending, replace_rows
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
