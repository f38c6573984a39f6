"""Raw artefacts of others, read with an error that names file, line and field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rlrig_eval.errors import UnreadableFile

Record = TypeVar("Record", bound=BaseModel)
Document = TypeVar("Document", list[Any], dict[str, Any])


def document(path: Path, kind: type[Document]) -> Document:
    """The JSON document in a file.

    Raises:
        UnreadableFile: there is none, or it is of another kind.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise UnreadableFile(problem.strerror or "cannot be read", path=path) from None
    except (ValueError, RecursionError) as problem:
        raise UnreadableFile(f"not JSON: {problem}", path=path) from None
    if not isinstance(found, kind):
        raise UnreadableFile(f"should hold a {kind.__name__}, not a {type(found).__name__}", path=path)
    return found


def checked(model: type[Record], raw: object, path: Path) -> Record:
    """Raises UnreadableFile."""
    try:
        return model.model_validate(raw)
    except ValidationError as problem:
        raise UnreadableFile.invalid(problem, model, path=path) from None


def lines(path: Path, model: type[Record]) -> Iterator[Record]:
    """The records of a JSONL file; empty lines are passed over. Raises UnreadableFile."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UnreadableFile(f"cannot be read: {problem}", path=path) from None
    # Not splitlines(): it would also break at U+2028, which JSON allows inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield model.model_validate_json(line)
        except ValidationError as problem:
            raise UnreadableFile.invalid(problem, model, path=path, line=number) from None


def known(score: float | None) -> float | None:
    """None for a score that is no number."""
    return None if score is None or score != score else score
