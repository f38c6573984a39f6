"""Pictures that exist: found by name or by a benchmark's layout, and read with suspicion."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, features

from rlrig_eval import evaluate, shapes
from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.judges.contract import opened
from rlrig_eval.models import Failure, Job
from rlrig_eval.models.folder import Folder
from rlrig_eval.scene import SceneGraph, parse
from rlrig_eval.suite import load
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
    jobs = [JOB, Job("p01", "a green ring", SceneGraph(), 0, 0), Job("p00", "a red circle", SceneGraph(), 1, 0)]
    found, no_prompt, no_seed = model.generate(jobs)
    assert isinstance(found, Image.Image)
    assert no_prompt == Failure("no picture of 'a green ring' with any seed, among those of 2 prompts")
    assert no_seed == Failure("no picture of 'a red circle' with seed 1, only with 0")


def test_prompts_of_the_same_text_are_told_apart_by_their_number(tmp_path: Path) -> None:
    for number in (3, 4):
        picture(tmp_path / f"{number:05}" / "samples" / "0000.png", size=number)
        (tmp_path / f"{number:05}" / "metadata.jsonl").write_text('{"prompt": "a red circle"}')
    model = Folder(tmp_path, layout="geneval")
    jobs = [Job(name, "a red circle", SceneGraph(), 0, 0) for name in ("geneval-0004", "geneval-0003", "other")]
    fourth, third, unknown = model.generate(jobs)
    assert (third.size, fourth.size) == ((3, 3), (4, 4))
    assert isinstance(unknown, Failure)


def test_t2i_compbenchs_layout_is_found_by_text_and_counts_ten_to_a_prompt(tmp_path: Path) -> None:
    picture(tmp_path / "samples" / "a cup_on the top of_a box_000010.png", size=8)
    picture(tmp_path / "samples" / "a red circle_000023.png", size=16)
    model = Folder(tmp_path, layout="t2i-compbench")
    jobs = [
        Job("t2i-compbench-spatial-0002", "a red circle", SceneGraph(), 3, 0),
        Job("t2i-compbench-spatial-0001", "a cup_on the top of_a box", SceneGraph(), 0, 0),
        Job("t2i-compbench-spatial-0002", "a red circle", SceneGraph(), 2, 0),
    ]
    circle, cup, missing = model.generate(jobs)
    assert (circle.size, cup.size) == ((16, 16), (8, 8))
    assert missing == Failure("no picture of 'a red circle' with seed 2, only with 3")


def sheet(path: Path, *pictures: Image.Image) -> None:
    """Four pictures two by two, as DPG-Bench's models are to save them."""
    width, height = pictures[0].size
    whole = Image.new("RGB", (2 * width, 2 * height))
    for number, one in enumerate(pictures):
        whole.paste(one, (number % 2 * width, number // 2 * height))
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.save(path)


def test_the_four_pictures_of_a_dpg_sheet_are_cut_row_by_row(tmp_path: Path) -> None:
    quarters = [Image.new("RGB", (6, 4), (number, 0, 0)) for number in range(4)]
    sheet(tmp_path / "whoops_1.png", *quarters)
    jobs = [Job("dpg-whoops_1", "any text", SceneGraph(), seed, seed) for seed in (2, 0, 3, 1, 4)]
    *cut, fifth = Folder(tmp_path, layout="dpg").generate(jobs)
    assert [one.tobytes() for one in cut] == [quarters[seed].tobytes() for seed in (2, 0, 3, 1)]
    assert fifth == Failure("no picture of 'dpg-whoops_1' with seed 4, only with 0, 1, 2, 3")


def test_a_dpg_picture_of_an_odd_side_is_no_sheet(tmp_path: Path) -> None:
    picture(tmp_path / "whoops_1.png", size=65)
    (outcome,) = Folder(tmp_path, layout="dpg").generate([Job("dpg-whoops_1", "", SceneGraph(), 0, 0)])
    assert outcome == Failure("whoops_1.png is 65 x 65, no sheet of two by two pictures")


def test_dpgs_folder_is_scored_crop_by_crop_and_a_missing_sheet_is_four_errors(tmp_path: Path) -> None:
    header = "item_id,text,keywords,proposition_id,dependency,category_broad,category_detailed,tuple,"
    rows = [header + "question_natural_language"]
    rows += [f"{name},a circle,,1,0,entity,whole,entity - whole (circle),Is there a circle?" for name in ("a_1", "b_2")]
    (tmp_path / "dpg_bench.csv").write_text("\n".join(rows))
    circle, square = (shapes.draw(parse(text)) for text in ("a red circle", "a red square"))
    sheet(tmp_path / "pictures" / "a_1.png", circle, circle, square, circle)
    suite = load("dpg", tmp_path / "dpg_bench.csv")
    options = {"path": tmp_path / "pictures", "layout": "dpg"}
    run = evaluate(suite, "folder", options=options, extractor="shapes", out=tmp_path / "run")
    assert run.summary["coverage"] == {"planned": 8, "ok": 4, "error": 4, "unscored": 0}
    assert run.summary["metrics"]["all_correct"]["mean"] == 0.75
    assert run.exit_code is Exit.RUN


@pytest.mark.parametrize(("layout", "suite"), [("geneval", "geneval"), ("t2i-compbench", "t2i-compbench")])
def test_a_published_benchmarks_folder_is_scored_as_it_is_and_what_is_missing_is_an_error(
    tmp_path: Path, layout: str, suite: str
) -> None:
    texts = ["a red circle left of a blue square", "a green ring above a black star"]
    drawn = [shapes.draw(parse(text)) for text in texts]
    pictures = tmp_path / "pictures"
    if layout == "geneval":
        file = tmp_path / "evaluation_metadata.jsonl"
        include = [{"class": "circle", "count": 1}]
        records = [{"tag": "single_object", "prompt": text, "include": include} for text in texts]
        file.write_text("\n".join(map(json.dumps, records)))
        for number, (text, image) in enumerate(zip(texts, drawn, strict=True)):
            (pictures / f"{number:05}" / "samples").mkdir(parents=True)
            (pictures / f"{number:05}" / "metadata.jsonl").write_text(json.dumps({"prompt": text}))
            for seed in range(4):
                image.save(pictures / f"{number:05}" / "samples" / f"{seed:04}.png")
        (pictures / "00001" / "samples" / "0002.png").unlink()
    else:
        file = tmp_path / "spatial_val.txt"
        file.write_text("\n".join(texts))
        (pictures / "samples").mkdir(parents=True)
        for number, (text, image) in enumerate(zip(texts, drawn, strict=True)):
            for seed in range(10):
                image.save(pictures / "samples" / f"{text}_{10 * number + seed:06}.png")
        (pictures / "samples" / f"{texts[1]}_000012.png").unlink()
    asked = load(suite, file)
    options = {"path": pictures, "layout": layout}
    run = evaluate(asked, "folder", options=options, extractor="shapes", out=tmp_path / "run")
    planned = 8 if layout == "geneval" else 20
    assert run.summary["coverage"] == {"planned": planned, "ok": planned - 1, "error": 1, "unscored": 0}
    assert run.exit_code is Exit.RUN
    rows = (json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines())
    told = next(row["error"] for row in rows if row["status"] == "error")
    assert told.startswith(f"no picture of '{texts[1]}' with seed 2")


@pytest.mark.parametrize("layout", ["flat", "geneval", "t2i-compbench", "dpg"])
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


@pytest.mark.skipif(not features.check("avif"), reason="Pillow without AVIF")
def test_a_picture_whose_decoder_fails_in_its_own_way_is_unreadable(tmp_path: Path) -> None:
    whole = BytesIO()
    Image.new("RGB", (64, 64), "red").save(whole, "AVIF")
    head, _, pixels = whole.getvalue().partition(b"mdat")
    (tmp_path / "p00_0.png").write_bytes(head + b"mdat" + bytes(len(pixels)))
    (found,) = Folder(tmp_path).generate([JOB])
    assert isinstance(found, Failure)
    assert "p00_0.png is no readable picture" in found.reason
    with pytest.raises(OSError, match="no readable picture"):
        opened(tmp_path / "p00_0.png")
