"""The accuracy of `parse` is measured against what the files state, and a misreading shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.scene import SceneGraph, equivalent
from rlrig_eval.scene.parse import read, read_all
from rlrig_eval.suite.parse_accuracy import constructions, dsg
from rlrig_eval.suite.parse_accuracy.__main__ import main
from rlrig_eval.suite.parse_accuracy.cases import Case, exact, geneval, laion_sg, visor
from rlrig_eval.suite.parse_accuracy.measure import accuracy, refusals, speed

GENEVAL = [
    {
        "tag": "position",
        "include": [{"class": "cat", "count": 1}, {"class": "dog", "count": 1, "position": ["right of", 0]}],
        "prompt": "a photo of a dog right of a cat",
    },
    {"tag": "colors", "include": [{"class": "car", "count": 1, "color": "pink"}], "prompt": "a photo of a pink car"},
    {"tag": "counting", "include": [{"class": "bus", "count": 3}], "prompt": "a photo of four buses"},
]
VISOR = {"unique_id": 0, "num_objects": 2, "obj_1_attributes": ["dog"], "obj_2_attributes": ["cat"]}
LAION = {
    "items": [
        {"item_id": 0, "label": "snow", "attributes": ["white"]},
        {"item_id": 3, "label": "river", "attributes": []},
        {"item_id": 4, "label": "river", "attributes": []},
    ],
    "relations": [{"item1": 0, "relation": "near", "item2": 3}, {"item1": 3, "relation": "flow into", "item2": 0}],
}
DSG = """item_id,text,keywords,proposition_id,dependency,category_broad,category_detailed,tuple,question
vrd_1,dog under table. man with hat,k,1,0,entity,whole,entity - whole (dog),q
vrd_1,dog under table. man with hat,k,2,0,entity,whole,entity - whole (table),q
vrd_1,dog under table. man with hat,k,3,0,entity,part,entity - part (man's hat),q
vrd_1,dog under table. man with hat,k,4,0,relation,spatial,"relation - spatial (table, dog, above)",q
vrd_1,dog under table. man with hat,k,5,0,relation,spatial,"relation - spatial (hat, man, on)",q
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in ("geneval", "visor", "laion_sg", "dsg"):
        (tmp_path / folder).mkdir()
    lines = "".join(json.dumps(record) + "\n" for record in GENEVAL)
    (tmp_path / "geneval/evaluation_metadata.jsonl").write_text(lines)
    related = VISOR | {"rel_type": "to the left of", "text": "a dog to the left of a cat"}
    single = VISOR | {"obj_2_attributes": [None], "rel_type": "single", "text": "a dog"}
    (tmp_path / "visor/visor_subset_1000.json").write_text(json.dumps([related]))
    (tmp_path / "visor/visor_sample_all_types.json").write_text(json.dumps([single]))
    for name in ("laion_sg_card_example.json", "laion_sg_published_examples.json"):
        (tmp_path / "laion_sg" / name).write_text(json.dumps([LAION]))
    (tmp_path / "dsg/dsg-1k-anns.csv").write_text(DSG)
    return tmp_path


def test_geneval_gold_comes_from_the_metadata_and_not_from_the_prompt(data: Path) -> None:
    found = accuracy(geneval(data))
    assert {tag: (row["exact"], row["wrong"]) for tag, row in found["groups"].items()} == {
        "position": (1, 0),
        "colors": (1, 0),
        "counting": (0, 1),  # the file says three, its prompt four
    }
    assert found["misses"] == [{"group": "counting", "text": "a photo of four buses", "why": "read as another graph"}]


def test_a_turned_relation_is_not_exact_though_the_scene_is_the_same() -> None:
    gold = SceneGraph.from_triples([("dog", "right of", "cat")])
    assert exact(Case("", "", gold), read("a dog right of a cat"))
    turned = read("a cat left of a dog")
    assert equivalent(turned.graph, gold)
    assert not exact(Case("", "", gold), turned)


def test_words_left_over_are_not_exact() -> None:
    gold = SceneGraph.from_triples([("dog", "right of", "cat")])
    assert not exact(Case("", "", gold), read("a happy dog right of a cat"))


def test_visor_and_laion_sg_records_become_cases(data: Path) -> None:
    assert [case.text for case in visor(data)] == ["a dog to the left of a cat", "a dog"]
    one, _ = laion_sg(data)
    assert one.text == "white snow near river; river flow into white snow"
    assert [e.category for e in one.graph.entities] == ["snow", "river"]
    assert accuracy(laion_sg(data))["all"] == {"prompts": 2, "exact": 2, "wrong": 0}


def test_dsg_propositions_and_readings_meet_in_canonical_form(data: Path) -> None:
    items = dsg.items(data)
    found = dsg.compare(items, read_all(item.text for item in items))["all"]
    assert (found["entity"].found, found["entity"].gold) == (3, 3)
    assert (found["spatial"].found, found["spatial"].gold) == (1, 2)
    assert (found["relation"].right, found["relation"].read) == (1, 2)


def test_every_construction_is_read_and_no_open_text_passes_for_read() -> None:
    found = accuracy(constructions.cases(seed=3, each=3))
    assert found["all"]["wrong"] == 0
    assert found["all"]["exact"] / found["all"]["prompts"] >= 0.98, found["misses"]
    assert refusals(constructions.refused(seed=3, each=3))["accepted"] == []


def test_an_open_text_that_passes_for_read_is_reported() -> None:
    found = refusals([Case("broken", "a dog near a cat", SceneGraph()), Case("broken", "a dog near", SceneGraph())])
    assert found == {"groups": {"broken": {"prompts": 2, "named": 1}}, "accepted": ["a dog near a cat"]}


def test_speed_counts_prompts_by_processor_time() -> None:
    found = speed(["a dog near a cat"] * 200)
    assert found["prompts"] == 200
    assert 0 < found["slowest_round"] <= found["prompts_per_cpu_second"]


def test_the_command_writes_the_report(data: Path, tmp_path: Path) -> None:
    main(["--data", str(data), "--out", str(tmp_path / "out/parse"), "--each", "1"])
    measured = json.loads((tmp_path / "out/parse.json").read_text())
    assert measured["exact"]["spatial"]["all"] == {"prompts": 724, "exact": 724, "wrong": 0}
    page = (tmp_path / "out/parse.md").read_text()
    assert "| VISOR, records at hand: exact | 1.0000 (2 of 2) | 0.98 |" in page


def test_a_missing_or_broken_file_is_one_clear_error(data: Path, tmp_path: Path) -> None:
    (data / "geneval/evaluation_metadata.jsonl").write_text('{"tag": "x"}\n')
    with pytest.raises(UnreadableFile, match=r"evaluation_metadata.jsonl:1: no GenEval record"):
        list(geneval(data))
    with pytest.raises(UnreadableFile, match="No such file"):
        list(visor(tmp_path / "nowhere"))
