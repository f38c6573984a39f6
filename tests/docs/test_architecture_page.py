"""docs/architecture.md: its code runs, and its rooms are those of the house."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import architecture as house
from tests.docs.blocks import DOCS, blocks

PAGE = (DOCS / "architecture.md").read_text("utf-8")


def test_every_block_runs_after_those_above_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks("architecture.md")
    assert {block.language for block in found} == {"python"}
    names: dict[str, object] = {}
    for block in found:
        exec(compile(block.text, str(block), "exec"), names)


def test_the_rooms_stand_on_the_floors_that_the_import_rules_give_them() -> None:
    rooms = re.findall(r"^\| (\d) \| `([\w.]+)` \|", PAGE, re.MULTILINE)
    assert {room: int(number) for number, room in rooms} == {
        room: len(house.FLOORS) - depth for depth, floor in enumerate(house.FLOORS) for room in floor
    }


def test_the_leaves_and_what_rlrig_may_import_are_those_of_the_rules() -> None:
    leaves = re.search(r"^(.*) are leaves", PAGE, re.MULTILINE)[1]
    assert set(re.findall(r"`([\w.]+)`", leaves)) == house.LEAVES
    allowed = re.search(r"^- `rlrig` imports (.*?) of the harness", PAGE, re.MULTILINE)[1]
    assert {f"rlrig_eval.{name}" for name in re.findall(r"`(\w+)`", allowed)} == house.ONLY["rlrig"]


def test_links_and_named_files_exist() -> None:
    repo = DOCS.parent
    assert all((DOCS / link).is_file() for link in re.findall(r"\]\((\S+?\.md)\)", PAGE))
    assert all((repo / path).is_file() for path in re.findall(r"`((?:rlrig|rlrig_eval|tests)/\S+\.py)`", PAGE))


def test_the_folders_of_the_system_exist_and_those_of_its_workshop_are_in_the_order_of_the_rules() -> None:
    folders = re.findall(r"^\| `([\w/]+/)` \|", PAGE, re.MULTILINE)
    assert all((DOCS.parent / "rlrig" / folder).is_dir() for folder in folders)
    assert [folder.split("/")[1] for folder in folders if folder.startswith("bundled/")] == [
        *house.WORKSHOP_FLOORS,
        "checkpoints",
    ]
