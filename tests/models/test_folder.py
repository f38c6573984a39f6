"""Pictures that exist: found by name or by GenEval's layout, and read with suspicion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from rlrig_eval import evaluate
from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.models import Failure, Job
from rlrig_eval.models.folder import Folder
from rlrig_eval.scene import SceneGraph
from tests.runs import tiny

JOB = Job("p00", "a red circle", SceneGraph(), 0, 0)


def picture(path: Path, size: int = 64) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (size, size), (1, 2, 3)).save(path)


def test_the_pictures_of_a_run_score_as_the_run_did(tmp_path: Path) -> None:
    suite = tiny.suite()
    drawn = evaluate(suite, "synthetic", options={"error_rate": 0.3}, out=tmp_path / "drawn")
    found = evaluate(suite, "folder", options={"path": tmp_path / "drawn" / "images"}, out=tmp_path / "found")
    assert found.summary["metrics"] == drawn.summary["metrics"]


def test_a_missing_picture_is_an_error_and_no_zero(tmp_path: Path) -> None:
    suite = tiny.suite()
    evaluate(suite, "synthetic", out=tmp_path / "drawn")
    (tmp_path / "drawn" / "images" / "p03_0.png").unlink()
    run = evaluate(suite, "folder", options={"path": tmp_path / "drawn" / "images"}, out=tmp_path / "found")
    assert run.exit_code is Exit.RUN
    assert run.summary["coverage"] == {"planned": 30, "ok": 29, "error": 1, "unscored": 0}
    assert run.summary["metrics"]["all_correct"]["mean"] == 1.0


def test_genevals_layout_is_found_by_the_prompts_text(tmp_path: Path) -> None:
    for number, text in enumerate(["a blue star", "a red circle"]):
        picture(tmp_path / f"{number:05}" / "samples" / "0000.png")
        (tmp_path / f"{number:05}" / "metadata.jsonl").write_text(json.dumps({"prompt": text, "tag": "x"}))
    model = Folder(tmp_path, layout="geneval")
    found, missing = model.generate([JOB, Job("p01", "a green ring", SceneGraph(), 0, 0)])
    assert isinstance(found, Image.Image)
    assert missing == Failure("no picture of 'a green ring' with seed 0")


@pytest.mark.parametrize("layout", ["flat", "geneval"])
def test_an_empty_folder_is_found_before_the_run(tmp_path: Path, layout: str) -> None:
    with pytest.raises(UsageError, match="no pictures in it"):
        Folder(tmp_path, layout=layout)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        Folder(tmp_path / "nowhere")


def test_an_unreadable_picture_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "p00_0.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    (outcome,) = Folder(tmp_path).generate([JOB])
    assert isinstance(outcome, Failure)
    assert "p00_0.png is no readable picture" in outcome.reason


def test_a_truncated_picture_is_a_failure(tmp_path: Path) -> None:
    picture(tmp_path / "p00_0.png")
    content = (tmp_path / "p00_0.png").read_bytes()
    (tmp_path / "p00_0.png").write_bytes(content[: len(content) // 2])
    (outcome,) = Folder(tmp_path).generate([JOB])
    assert isinstance(outcome, Failure)


def test_a_huge_picture_is_refused_unread(tmp_path: Path) -> None:
    # A one-pixel-high PNG is small on disk whatever its width; only its header is looked at.
    Image.new("L", (9000, 1)).save(tmp_path / "p00_0.png")
    (outcome,) = Folder(tmp_path).generate([JOB])
    assert outcome == Failure("p00_0.png is 9000 x 1; up to 8192 pixels a side are read")


@pytest.mark.parametrize("prompt_id", ["../secret", "/etc/passwd", "..", ""])
def test_an_id_never_becomes_a_path(tmp_path: Path, prompt_id: str) -> None:
    picture(tmp_path / "secret_0.png")
    picture(tmp_path / "pictures" / "p00_0.png")
    (outcome,) = Folder(tmp_path / "pictures").generate([Job(prompt_id, "x", SceneGraph(), 0, 0)])
    assert isinstance(outcome, Failure)
