"""The files that the splits of a generated suite lie in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from rlrig_eval.atomic import replace_text
from rlrig_eval.shapes import Split
from rlrig_eval.suite.schema import Prompt

FILES: Mapping[Split, str] = {"test": "prompts.jsonl", "dev": "dev.jsonl"}


def write_split(folder: Path, bucket: Split, prompts: Iterable[Prompt]) -> None:
    """Write the JSONL file of one split into `folder`, a line a prompt, without what is as by default."""
    rows = (prompt.model_dump(mode="json", exclude_defaults=True) for prompt in prompts)
    replace_text(folder / FILES[bucket], "".join(f"{json.dumps(row)}\n" for row in rows))
