"""docs/extractors.md: its Python runs from top to bottom, its commands run, and its tables name what there is."""

from __future__ import annotations

import re

import pytest

from rlrig_eval import extract
from rlrig_eval.extract.asking import PROMPTS
from rlrig_eval.extract.detection.rules import RULES
from tests.docs.blocks import DOCS, blocks, commands, run

TEXT = (DOCS / "extractors.md").read_text("utf-8")


def test_its_python_runs() -> None:
    names: dict = {}
    for block in blocks("extractors.md"):
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), names)
    assert names["found"].failure is None


def test_its_commands_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [command for block in blocks("extractors.md") if block.language == "bash" for command in commands(block)]
    for command in asked:
        run(command, monkeypatch)
    assert asked


@pytest.mark.parametrize("name", [*extract.names(), *RULES, *PROMPTS])
def test_it_names_every_extractor_rule_and_mode(name: str) -> None:
    assert re.search(rf"^\| `{name}`", TEXT, re.MULTILINE)
