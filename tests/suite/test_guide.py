"""The suite of docs/adding-a-suite.md, built from the guide's own text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlrig_eval.suite.validate import validate

GUIDE = Path(__file__).parents[2] / "docs" / "adding-a-suite.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), flags=re.DOTALL | re.MULTILINE)


def test_the_guide_builds_a_suite_with_one_yaml_and_one_jsonl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (header,), (prompts,), (script,) = blocks("yaml"), blocks("jsonl"), blocks("python")
    folder = Path("my-suite")
    folder.mkdir()
    (folder / "suite.yaml").write_text(header)
    (folder / "prompts.jsonl").write_text(prompts)
    exec(script, {})
    assert validate([folder]) == []
