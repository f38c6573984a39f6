"""README.md and reports/README.md: commands that our programs take, targets of make, links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import APPS, Command, blocks, commands, parse

REPO = Path(__file__).parents[2]
COMMANDS = [one for block in blocks("../README.md") if block.language == "bash" for one in commands(block)]
_LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.words[0] in APPS], ids=lambda one: one.where)
def test_commands_are_parsed(command: Command) -> None:
    parse(command)


def test_a_run_that_is_compared_was_drawn_by_a_line_above() -> None:
    drawn: set[str] = set()
    for one in COMMANDS:
        named = {word for word in one.words if word.startswith("runs/")}
        if "--out" in one.words:
            drawn |= named
        assert named <= drawn, one.where


def test_make_has_the_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPO / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", (REPO / "README.md").read_text(), re.MULTILINE))
    assert {"run", "test"} <= named <= targets


@pytest.mark.parametrize("page", ["README.md", "reports/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    file = REPO / page
    links = [link for link in _LINK.findall(file.read_text()) if "://" not in link]
    assert len(links) > 5
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_every_report_is_listed() -> None:
    listed = (REPO / "reports" / "README.md").read_text()
    pages = [path for path in (REPO / "reports").rglob("*.md") if path.name != "README.md"]
    assert [str(path) for path in pages if f"]({path.stem}.md)" not in listed and path.parent.name != "blind"] == []
