"""The files that benchmarks are published in, record by record, each with the line on which it begins."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.suite.documents import BadFile, once_each, read_text

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(object_pairs_hook=once_each)
_BROKEN = (ValueError, RecursionError)
"""What is raised at no JSON, at a key that stands twice, at a number of thousands of digits, at endless nesting."""
_SAVED = ("dataset_info.json", "dataset_dict.json")


class Raw(NamedTuple):
    """A record as it stands; `line` counts from 1, and is the row where a file has no lines.

    `key` is what it is filed under, in a JSON object of records.
    """

    path: Path
    line: int
    data: Any
    key: str | None = None


def records(path: Path) -> Iterator[Raw]:
    """The records of a JSONL, JSON, CSV or Parquet file, or of a folder that `datasets` saved.

    Raises:
        UnreadableFile, BadFile: it cannot be read; with every line of a JSONL file that is no JSON.
    """
    if path.is_dir() or path.suffix in (".parquet", ".arrow"):
        return _rows_of_dataset(path)
    if path.suffix == ".csv":
        return _csv(path)
    return _jsonl(path) if path.suffix == ".jsonl" else _json(path)


def lines(path: Path) -> Iterator[Raw]:
    """The lines of a text file that say something; the last one may lack its newline."""
    for number, text in enumerate(read_text(path).split("\n"), start=1):
        if text.strip():
            yield Raw(path, number, text.strip())


def saved_by_datasets(path: Path) -> bool:
    """Whether a folder is one that `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote."""
    return any((path / name).is_file() for name in _SAVED)


def _jsonl(path: Path) -> Iterator[Raw]:
    problems = []
    # Not splitlines(): it would also break at U+2028, which JSON allows inside a string.
    for number, text in enumerate(read_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            yield Raw(path, number, _DECODER.decode(text))
        except _BROKEN as error:
            problems.append(_bad(error, path, number))
    if problems:
        raise BadFile(problems)


def _json(path: Path) -> Iterator[Raw]:
    """The items of an array, the values of an object, or values that follow one another."""
    text = read_text(path)
    at = _skip(text, 0)
    if text[at : at + 1] == "[":
        yield from _members(path, text, at, "]")
        return
    try:
        end = _skip(text, json.JSONDecoder().raw_decode(text, at)[1])
    except _BROKEN as error:
        raise _bad(error, path, getattr(error, "lineno", None)) from None
    if end < len(text):
        yield from _jsonl(path)
    else:
        yield from _members(path, text, at, "}")


def _members(path: Path, text: str, at: int, closing: str) -> Iterator[Raw]:
    """Read piecewise, because only so the line of each is known."""
    line, counted = 1, 0
    keys: set[str] = set()
    at = _skip(text, at + 1)
    while text[at : at + 1] != closing:
        line, counted = line + text.count("\n", counted, at), at
        key = None
        if closing == "}":
            key, at = _value(path, text, at, line)
            if key in keys:
                raise UnreadableFile(f"bad JSON: the key {key!r} stands twice", path=path, line=line)
            keys.add(key)
            at = _skip(text, _expect(path, text, _skip(text, at), ":"))
        value, at = _value(path, text, at, line)
        yield Raw(path, line, value, key)
        at = _skip(text, at)
        if text[at : at + 1] != closing:
            at = _skip(text, _expect(path, text, at, ","))
    if rest := text[_skip(text, at + 1) :]:
        raise UnreadableFile("bad JSON: more follows the end", path=path, line=text[: -len(rest)].count("\n") + 1)


def _value(path: Path, text: str, at: int, line: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except _BROKEN as error:
        raise _bad(error, path, getattr(error, "lineno", line)) from None


def _bad(error: Exception, path: Path, line: int | None) -> UnreadableFile:
    return UnreadableFile(f"bad JSON: {getattr(error, 'msg', error)}", path=path, line=line)


def _expect(path: Path, text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise UnreadableFile(f"bad JSON: expected {sign!r}", path=path, line=text.count("\n", 0, at) + 1)
    return at + 1


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _csv(path: Path) -> Iterator[Raw]:
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = next(reader, [])
        if twice := [name for name in header if name and header.count(name) > 1]:
            raise UnreadableFile(f"the column {twice[0]!r} stands twice", path=path, line=1)
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) != len(header):
                problem = f"has {len(cells)} cells, but the header has {len(header)}"
                raise UnreadableFile(problem, path=path, line=line)
            yield Raw(path, line, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise UnreadableFile(f"bad CSV: {error}", path=path, line=reader.line_num) from None


def _rows_of_dataset(path: Path) -> Iterator[Raw]:
    import datasets

    try:
        if path.is_dir():
            found = datasets.load_from_disk(str(path))
        elif path.suffix == ".arrow":
            found = datasets.Dataset.from_file(str(path))
        else:
            found = _parquet(path)
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"not a data set: {' '.join(str(error).split())}", path=path) from None
    if isinstance(found, datasets.DatasetDict):
        if "test" not in found:
            raise UsageError(f"{path}: has the splits {', '.join(found)}: name the folder of one of them")
        found = found["test"]
    for number, row in enumerate(found, start=1):
        yield Raw(path, number, row)


def _parquet(path: Path) -> Any:
    import pandas

    return json.loads(pandas.read_parquet(path).to_json(orient="records"))
