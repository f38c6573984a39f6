"""The suite of docs/adding-a-suite.md, built from the guide's own text."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.blocks import Command, run

GUIDE = Path(__file__).parents[2] / "docs" / "adding-a-suite.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), flags=re.DOTALL | re.MULTILINE)


def test_the_guide_builds_a_suite_with_one_yaml_and_one_jsonl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (header,), (prompts,), (commands,), (script,) = map(blocks, ("yaml", "jsonl", "sh", "python"))
    folder = Path("my-suite")
    folder.mkdir()
    (folder / "suite.yaml").write_text(header)
    (folder / "prompts.jsonl").write_text(prompts)
    exec(script, {})
    for line in commands.splitlines():
        run(Command(GUIDE.name, tuple(shlex.split(line)), exit_code=0), monkeypatch)
    assert len(list(Path("my-run/images").iterdir())) == 4  # two prompts, two seeds
