"""docs/running.md, run from top to bottom in an empty folder, and what it says of the folders it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.docs.blocks import Block, blocks, commands, run

GUIDE = blocks("running.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the guide leaves behind."""
    here = tmp_path_factory.mktemp("running")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        for block in GUIDE:
            _run(block, patch)
    return here


def _run(block: Block, patch: pytest.MonkeyPatch) -> None:
    if block.language == "python":
        exec(compile(block.text, str(block), "exec"), {})
    else:
        assert block.language == "bash", f"{block}: nobody runs a block of {block.language or 'no language'}"
        for command in commands(block):
            run(command, patch)


def summary(run_folder: Path) -> dict:
    return json.loads((run_folder / "summary.json").read_text())


def test_the_folder_holds_what_the_guide_lists(folder: Path) -> None:
    found = {path.name for path in (folder / "runs" / "perfect").iterdir()}
    assert {"run.json", "suite.json", "images", "samples.jsonl", "scores", "summary.json", "timing.json"} <= found


def test_without_errors_everything_is_correct_and_with_them_it_is_not(folder: Path) -> None:
    perfect, flawed = (summary(folder / "runs" / name)["metrics"]["all_correct"] for name in ("perfect", "flawed"))
    assert perfect["mean"] == 1
    assert flawed["mean"] < 0.9  # 0.6 of 16 wrong; fewer than 2 has a chance of 1e-5, and the draws are fixed


@pytest.mark.parametrize("other", ["flawed-again", "shards"])
def test_a_repeated_run_and_shards_come_to_the_same_pictures_and_scores(folder: Path, other: str) -> None:
    runs = folder / "runs"
    assert summary(runs / "flawed")["metrics"] == summary(runs / other)["metrics"]
    for image in (runs / "flawed" / "images").iterdir():
        assert image.read_bytes() == (runs / other / "images" / image.name).read_bytes()


def test_score_merges_the_shards(folder: Path) -> None:
    assert not list((folder / "runs" / "shards").glob("**/*-of-*"))
    assert (folder / "runs" / "shards" / "samples.jsonl").read_text().count("\n") == 16


def test_the_page_fetches_nothing(folder: Path) -> None:
    page = (folder / "page" / "index.html").read_text()
    assert 'src="http' not in page
    assert 'href="http' not in page
