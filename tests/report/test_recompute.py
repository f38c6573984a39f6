"""Published scores from raw verdicts: files of our own in the authors' forms, with scores worked out by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.report.recompute import compbench, geneval

TAGS = ("single_object", "two_object", "counting", "colors", "position", "color_attr")


def results(folder: Path, drop: int = 0) -> Path:
    """Two prompts a tag, four images each; the n-th tag has n of its eight images right."""
    lines = [
        {"filename": f"{tag}/{n}.png", "tag": tag, "prompt": f"{tag} {n // 4}", "correct": n < number, "reason": ""}
        for number, tag in enumerate(TAGS, start=1)
        for n in range(8)
    ]
    path = folder / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines[drop:]))
    return path


def planned(folder: Path) -> Path:
    path = folder / "evaluation_metadata.jsonl"
    path.write_text("".join(json.dumps({"tag": tag, "prompt": f"{tag} {n}"}) + "\n" for tag in TAGS for n in (0, 1)))
    return path


def test_a_whole_geneval_folder_gives_the_published_means(tmp_path: Path) -> None:
    rows = {row["tag"]: row for row in geneval(results(tmp_path), planned(tmp_path)).records()}
    for number, tag in enumerate(TAGS, start=1):
        assert rows[tag]["published"] == rows[tag]["corrected"] == number / 8
        assert (rows[tag]["images"], rows[tag]["missing"]) == (8, 0)
    # The unweighted mean of the six tags: (1 + ... + 6) / 48. 1e-12 for rounding.
    assert rows["overall"]["published"] == pytest.approx(21 / 48, abs=1e-12)


def test_a_missing_prompt_is_counted_and_leaves_no_corrected_score(tmp_path: Path) -> None:
    rows = {row["tag"]: row for row in geneval(results(tmp_path, drop=4), planned(tmp_path)).records()}
    assert rows["single_object"]["published"] == 0.0  # the only right image went with its prompt
    assert rows["single_object"]["corrected"] is None
    assert rows["overall"]["corrected"] is None
    assert (rows["single_object"]["missing"], rows["overall"]["missing"]) == (1, 1)
    assert rows["position"]["corrected"] == 5 / 8


def test_compbench_is_the_mean_of_the_answers(tmp_path: Path) -> None:
    path = tmp_path / "spatial" / "vqa_result.json"
    path.parent.mkdir()
    path.write_text(json.dumps([{"question_id": n, "answer": f"{a}"} for n, a in enumerate((0.25, 1.0, 0.0))]))
    (row,) = compbench(path, planned=4).records()
    assert row == {"category": "spatial", "published": 1.25 / 3, "images": 3, "missing": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"tag": "position"}\n', r":1: filename: "), ("[]\n", ":1: "), ("{\n", ":1: ")],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "results.jsonl").write_text(text)
    with pytest.raises(UnreadableFile, match=message):
        geneval(tmp_path / "results.jsonl")


def test_a_picture_twice_and_answers_that_are_none(tmp_path: Path) -> None:
    path = results(tmp_path)
    path.write_text(path.read_text() * 2)
    with pytest.raises(UsageError, match=re.escape("single_object/0.png is scored twice")):
        geneval(path)
    for text in ("{", "3", '[{"question_id": 1}]'):
        (tmp_path / "vqa_result.json").write_text(text)
        with pytest.raises(UnreadableFile, match=r"vqa_result\.json"):
            compbench(tmp_path / "vqa_result.json")


def test_from_the_command_line(tmp_path: Path) -> None:
    import typer

    from rlrig_eval.report import recompute

    app = typer.Typer()
    app.command()(recompute.main)
    done = CliRunner().invoke(app, ["geneval", str(results(tmp_path)), "--format", "json"])
    assert done.exit_code == 0
    assert json.loads(done.output)["rows"][-1]["tag"] == "overall"
