"""docs/judges.md: its Python runs from top to bottom, and its commands are commands of this program."""

from __future__ import annotations

import re

import pytest

from rlrig_eval import judges
from rlrig_eval.judges.rubrics import PAIR_RUBRICS, RUBRICS
from tests.docs.blocks import DOCS, blocks, commands, parse

TEXT = (DOCS / "judges.md").read_text("utf-8")


def test_its_python_runs() -> None:
    names: dict = {}
    for block in blocks("judges.md"):
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), names)
    assert "ranking" in names


def test_its_commands_are_parsed() -> None:
    for block in blocks("judges.md"):
        if block.language == "bash":
            for command in commands(block):
                parse(command)


@pytest.mark.parametrize("name", [*judges.names(), *RUBRICS, *PAIR_RUBRICS])
def test_it_names_every_judge_and_rubric(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", TEXT, re.MULTILINE)


def test_its_panel_can_be_asked_for() -> None:
    options = {"judges": "shapes-vlm,big=openai", "big.model": "gpt-x"}
    assert judges.resolve("panel", options).slug == "panel"
