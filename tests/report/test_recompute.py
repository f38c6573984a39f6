"""Published scores from raw verdicts: files of our own in the authors' forms, with scores worked out by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.metrics import visor
from rlrig_eval.report.recompute.detections import visor_table
from rlrig_eval.report.recompute.verdicts import compbench, geneval, tiif

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


def phrases(folder: Path) -> Path:
    """A dog left of a cat, one above it, and both in one picture, which VISOR's relation score leaves out; a cat."""
    entries = [
        {"obj_1_attributes": ["dog"], "obj_2_attributes": ["cat"], "rel_type": words, "num_objects": 2, "text": "t"}
        for words in ("to the left of", "above", "and")
    ]
    single = {"obj_1_attributes": ["cat"], "obj_2_attributes": [None], "rel_type": "single", "num_objects": 1}
    entries = [entry | {"unique_id": number} for number, entry in enumerate([*entries, single])]
    path = folder / "text_spatial_rel_phrases.json"
    path.write_text(json.dumps(entries))
    return path


def detections(folder: Path, sra: list[list[int | None]]) -> Path:
    """Of each prompt, a picture each: 1 right, 0 wrong (the two exchanged), None with the dog alone."""
    dog, cat = (10.0, 10.0), (90.0, 90.0)
    found = {}
    for number, images in enumerate(sra):
        for place, right in enumerate(images):
            at = [dog] if right is None else [dog, cat] if right else [cat, dog]
            classes = ["dog", "cat"][: len(at)]
            found[f"{number}_{place}"] = {"classes": classes, "centroid": at, "recall": len(at), "sra": right or 0}
    path = folder / "results_mine_phrases_owlvit_0.1.json"
    path.write_text(json.dumps(found))
    return path


def test_a_whole_file_of_visor_gives_what_the_metric_says(tmp_path: Path) -> None:
    drawn: list[list[int | None]] = [[1, 1, 0, None], [0, None, None, 1], [1, 1, 1, 1]]
    (row,) = visor_table(detections(tmp_path, drawn), phrases(tmp_path)).records()
    flat = [image for images in drawn[:2] for image in images]
    expected = visor([image is not None for image in flat], [image == 1 for image in flat])._asdict()
    assert {name: row[name] for name in expected} == expected
    assert (row["oa"], row["cond"], row["n2"]) == (5 / 8, 3 / 5, 1 / 2)
    assert (row["images"], row["missing"], row["unlike"]) == (8, 0, 0)


def test_pictures_that_visor_lacks_are_counted_and_a_verdict_that_its_boxes_contradict_too(tmp_path: Path) -> None:
    path = detections(tmp_path, [[1, 1], [0]])
    found = json.loads(path.read_text())
    found["1_0"]["sra"] = 1  # the dog is below the cat
    path.write_text(json.dumps(found))
    (row,) = visor_table(path, phrases(tmp_path)).records()
    assert (row["uncond"], row["images"], row["missing"], row["unlike"]) == (1.0, 3, 5, 1)
    assert row["n4"] == 0.0


def test_detections_of_a_part_of_visor_are_joined_by_unique_id_and_not_by_place(tmp_path: Path) -> None:
    path, part = detections(tmp_path, [[1], [0]]), phrases(tmp_path)
    entries = json.loads(part.read_text())
    part.write_text(json.dumps(entries[1:]))  # the prompt of "1_0" stands first, that of "0_0" is not in it
    with pytest.raises(UnreadableFile, match="'0_0' is no image of a prompt"):
        visor_table(path, part)
    found = json.loads(path.read_text())
    path.write_text(json.dumps({"1_0": found["1_0"], "2_0": found["0_0"]}))
    (row,) = visor_table(path, part).records()
    assert (row["oa"], row["uncond"], row["images"], row["missing"], row["unlike"]) == (1.0, 0.0, 1, 3, 0)
    part.write_text(json.dumps([*entries, entries[1]]))
    with pytest.raises(UnreadableFile, match="two entries have the unique_id 1"):
        visor_table(path, part)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "should hold a dict, not a list"),
        ('{"9_0": {}}', "'9_0' is no image of a prompt"),
        ('{"0_0": {"classes": ["dog"]}}', "centroid"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_file_of_visor_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(UnreadableFile, match=rf"results\.json.*{message}"):
        visor_table(path, phrases(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"tag": "position"}\n', r":1: filename: "), ("[]\n", ":1: "), ("{\n", ":1: ")],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "results.jsonl").write_text(text)
    with pytest.raises(UnreadableFile, match=message):
        geneval(tmp_path / "results.jsonl")


def test_a_line_ends_where_json_lines_end_and_not_at_a_separator_within_a_prompt(tmp_path: Path) -> None:
    line = {"filename": "0.png", "tag": "colors", "prompt": "a red\u2028bus\x85", "correct": True}
    (tmp_path / "results.jsonl").write_bytes(json.dumps(line, ensure_ascii=False).encode() + b"\r\n\r\n")
    assert geneval(tmp_path / "results.jsonl").records()[0]["published"] == 1.0


def test_a_picture_twice_and_answers_that_are_none(tmp_path: Path) -> None:
    path = results(tmp_path)
    path.write_text(path.read_text() * 2)
    with pytest.raises(UsageError, match=re.escape("single_object/0.png is scored twice")):
        geneval(path)
    nan = '[{"question_id": 1, "answer": "nan"}]'
    for text in ("{", "3", "[" * 100_000, '[{"question_id": 1}]', nan):
        (tmp_path / "vqa_result.json").write_text(text)
        with pytest.raises(UnreadableFile, match=r"vqa_result\.json"):
            compbench(tmp_path / "vqa_result.json")


def test_answers_of_tiif_are_counted_by_attribute_and_wording(tmp_path: Path) -> None:
    for name, wanted, given in (
        ("2d_spatial_relation/short/0", ["yes", "No"], ["Yes", "yes"]),
        ("2d_spatial_relation/short/1", ["yes", "yes"], ["yes"]),  # the script lets the second question go
        ("action/long/0", ["no"], ["no"]),
    ):
        path = tmp_path / "FLUX" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"questions": [], "gt_answers": wanted, "model_pred": given}))
    short, long = tiif(tmp_path / "FLUX").rows
    assert short == ("2d_spatial_relation", "short", 2 / 3, 3, 2, 1)
    assert long == ("action", "long", 1.0, 1, 1, 0)
    with pytest.raises(UsageError, match="there is no <attribute>"):
        tiif(tmp_path)
    (tmp_path / "FLUX" / "action" / "long" / "0.json").write_text('{"gt_answers": ["no"]}')
    with pytest.raises(UnreadableFile, match=r"0\.json.*model_pred"):
        tiif(tmp_path / "FLUX")


def test_from_the_command_line(tmp_path: Path) -> None:
    import typer

    from rlrig_eval.report.recompute import __main__ as recompute

    app = typer.Typer()
    app.command()(recompute.main)
    done = CliRunner().invoke(app, ["geneval", str(results(tmp_path)), "--format", "json"])
    assert done.exit_code == 0
    assert json.loads(done.output)["rows"][-1]["tag"] == "overall"
