"""A folder with a small sound suite in it, and a way to write others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEADER = 'name: mine\nversion: "1.0"\nworld: shapes\n'
Write = Callable[..., Path]


def row(id_: str, **changes: Any) -> dict[str, Any]:
    """A prompt about a red circle left of a blue square; a change to None leaves the key out."""
    sound = {
        "id": id_,
        "text": "a red circle left of a blue square",
        "group": id_,
        "graph": graph(),
    }
    return {key: value for key, value in (sound | changes).items() if value is not None}


def graph(predicate: str = "left of", category: str = "circle", colour: str = "red") -> dict[str, Any]:
    return {
        "entities": [
            {"id": "a", "category": category, "attributes": [colour]},
            {"id": "b", "category": "square", "attributes": ["blue"]},
        ],
        "relations": [{"subject": "a", "predicate": predicate, "object": "b"}],
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: dict[str, Any] | str, header: str = HEADER) -> Path:
        lines = [line if isinstance(line, str) else json.dumps(line) for line in rows]
        (tmp_path / "suite.yaml").write_text(header)
        (tmp_path / "prompts.jsonl").write_text("\n".join(lines))
        return tmp_path

    return written
