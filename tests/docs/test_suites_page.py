"""docs/suites.md: its code runs, its cells are those of the files, and its chance levels those of the reports."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rlrig_eval.assets import reports_dir
from rlrig_eval.suite import Suite, load
from tests.docs.blocks import DOCS, blocks, commands, run

PAGE = (DOCS / "suites.md").read_text("utf-8")
OWN = ("frames", "depth", "support", "touching")
REPORTED = ("spatial-hard", "spatial-objects")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table's lines under a heading."""
    section = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"^\| .*\|$", section, re.M)]


def told(name: str, structure: str) -> tuple[str, ...]:
    """Groups and prompts of a structure in each split, as the page writes them; of a suite's others for "from"."""

    def count(suite: Suite) -> str:
        kept = [
            p
            for p in suite.prompts
            if f"structure:{structure}" in p.tags
            or (structure == "from" and not {f"structure:{own}" for own in OWN} & set(p.tags))
        ]
        return f"{len({p.group for p in kept})}, {len(kept)}"

    return tuple(count(load(f"{name}:{split}")) for split in ("test", "dev"))


def test_every_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks("suites.md"):
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), {})
        else:
            assert block.language == "bash"
            for command in commands(block):
                run(command, monkeypatch)


@pytest.mark.parametrize("name", REPORTED)
def test_the_cells_are_those_of_the_files(name: str) -> None:
    found = rows(f"`{name}`, cell by cell")[1:]
    assert len(found) == {"spatial-hard": 11, "spatial-objects": 5}[name]
    for tag, *_, test, dev in found:
        structure = tag.strip("`").removeprefix("structure:").split()[0]
        assert (test, dev) == told(name, structure), tag


@pytest.mark.parametrize("name", REPORTED)
def test_chance_is_that_of_the_report_on_the_suite_as_it_is(name: str) -> None:
    report = json.loads((reports_dir() / "blind" / f"{name}.json").read_text("utf-8"))
    assert report["sha256"] == load(name).sha256
    measured = {(row["tag"], row["answer"]): row for row in report["rows"]}
    shown = [cells for cells in rows("Chance") if cells[0] == name]
    assert shown
    for _, tag, *figures in shown:
        tag = tag.strip("`")
        expected = []
        for answer in ("constant", "text only", "shuffled"):
            row = measured[tag, answer]
            expected += [f"{row['all_correct']:.2f}", f"{row['requirements']:.2f}", f"{row['pairs']:.2f}"]
        assert figures == expected, tag
