"""Small files of our own in the formats of published benchmarks, and what a user reads when one is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.suite import Prompt, Suite, load

FIXTURES = Path(__file__).parents[1] / "fixtures"
PUBLISHED = Path(__file__).parents[4] / "shared" / "data"
"""Where the published files lie on a developer's machine; none of them is in the repository."""

published = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published files are not on this machine")


def by_id(suite: Suite) -> dict[str, Prompt]:
    """The prompts by the end of their id, without the benchmark's name."""
    return {prompt.id.removeprefix(f"{suite.name}-"): prompt for prompt in suite.prompts}


def told(prompt: Prompt) -> list[tuple[str, str, str]]:
    """The relations with names for ids."""
    names = {entity.id: " ".join((*entity.attributes, entity.category)) for entity in prompt.graph.entities}
    return [(names[r.subject], r.predicate, names[str(r.object)]) for r in prompt.graph.relations]


def message(benchmark: str, path: Path) -> list[str]:
    """What a user reads, without the folder."""
    with pytest.raises(UsageError) as caught:
        load(benchmark, path)
    assert caught.value.exit_code == Exit.USAGE
    return [line.removeprefix(f"{path.parent}/") for line in str(caught.value).split("\n")]


Changed = Callable[..., Path]


@pytest.fixture
def jsonl(tmp_path: Path) -> Changed:
    """Writes records, one a line."""

    def write(*records: Any, name: str = "records.jsonl") -> Path:
        file = tmp_path / name
        file.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records), "utf-8")
        return file

    return write
