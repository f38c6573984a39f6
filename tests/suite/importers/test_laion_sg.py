"""LAION-SG and CompSGen: annotated graphs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pandas
import pytest

from rlrig_eval.suite import load
from tests.suite.importers.conftest import FIXTURES, PUBLISHED, Changed, by_id, message, published, told

FILE = FIXTURES / "laion_sg.json"


def record(**changes: Any) -> dict[str, Any]:
    return json.loads(FILE.read_text())[0] | changes


def triples(*stated: tuple[int, str, int]) -> list[dict[str, Any]]:
    return [{"item1": one, "relation": words, "item2": other} for one, words, other in stated]


def test_the_graph_is_the_triples_and_the_text_their_linear_form() -> None:
    suite = load("laion-sg", FILE)
    (prompt,) = suite.prompts
    assert prompt.text == "old tall tree behind barn; old tall tree leaning on barn"
    assert told(prompt) == [("old tall tree", "behind", "barn"), ("old tall tree", "leaning on", "barn")]
    assert {"spatial", "non-spatial", "isolated items"} <= set(prompt.tags)
    assert suite.protocol.variant == "triples"


def test_the_caption_is_another_wording_of_the_same_graph() -> None:
    triples_, caption = load("laion-sg", FILE), load("laion-sg:caption", FILE)
    assert caption.prompts[0].text == "Barn by a pond"
    assert caption.prompts[0].graph == triples_.prompts[0].graph
    assert caption.protocol.variant == "caption"


def test_trap_duplicate_labels_are_two_things() -> None:
    (prompt,) = load("laion-sg", FILE).prompts
    assert [e.category for e in prompt.graph.entities].count("tree") == 2


def test_trap_item_ids_are_no_list_positions() -> None:
    (prompt,) = load("laion-sg", FILE).prompts
    assert {entity.id: entity.category for entity in prompt.graph.entities} == {"2": "tree", "5": "tree", "9": "barn"}


def test_trap_empty_relations_are_left_out_as_by_the_official_loader_and_counted() -> None:
    assert "1 records without relations left out" in load("laion-sg", FILE).description


def test_trap_ids_as_strings_or_numbers_are_the_same(jsonl: Changed) -> None:
    file = jsonl(record(img_id=17, score=6.5))
    assert [prompt.id for prompt in load("laion-sg", file).prompts] == ["laion-sg-17"]


def test_a_relation_of_a_thing_to_itself_is_left_out_and_tagged(jsonl: Changed) -> None:
    (prompt,) = load("laion-sg", jsonl(record(relations=triples((2, "on", 9), (2, "near", 2))))).prompts
    assert told(prompt) == [("old tall tree", "on", "barn")]
    assert "partial" in prompt.tags


def test_a_between_with_one_object_is_no_between(jsonl: Changed) -> None:
    (prompt,) = load("laion-sg", jsonl(record(relations=triples((2, "between", 9))))).prompts
    assert (prompt.graph.relations[0].predicate, prompt.graph.relations[0].spatial) == ("in between", False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"relations": triples((2, "on", 7))}, "relations.0.item2: there is no item '7'"),
        ({"items": record()["items"] * 2}, "items: item_id '2' stands twice"),
        ({"img_id": None}, "img_id: Input should be a valid string"),
        ({"relations": [{"item1": 2, "item2": 9}]}, "relations.0.relation: Field required"),
    ],
)
def test_what_is_wrong_is_located(jsonl: Changed, changes: dict[str, Any], said: str) -> None:
    assert message("laion-sg", jsonl(record(img_id="1"), record(**changes))) == [f"records.jsonl:2: {said}"]


def test_an_id_is_imported_once(jsonl: Changed) -> None:
    said = "records.jsonl:2: id: 'laion-sg-17' is already at records.jsonl:1"
    assert message("laion-sg", jsonl(record(), record())) == [said]


def test_compsgen_is_what_has_more_than_four_relations(jsonl: Changed) -> None:
    five = record(img_id="5", relations=triples(*[(2, f"leaning {n} on", 9) for n in range(5)]))
    suite = load("compsgen", jsonl(record(), five))
    assert [(prompt.id, len(prompt.graph.relations)) for prompt in suite.prompts] == [("compsgen-5", 5)]
    assert "1 records with 4 relations or fewer left out" in suite.description


@pytest.mark.parametrize("form", ["jsonl", "parquet", "saved", "saved with splits", "folder"])
def test_the_same_suite_from_every_form_of_download(tmp_path: Path, form: str) -> None:
    records = json.loads(FILE.read_text())
    path = tmp_path / "download"
    if form == "jsonl":
        path = tmp_path / "records.jsonl"
        path.write_text("\n".join(map(json.dumps, records)))
    elif form == "parquet":
        path = tmp_path / "records.parquet"
        pandas.DataFrame(records).to_parquet(path)
    elif form == "saved":
        datasets.Dataset.from_list(records).save_to_disk(path)
    elif form == "saved with splits":
        found = datasets.Dataset.from_list(records)
        datasets.DatasetDict({"train": found.select([1]), "test": found}).save_to_disk(path)
    else:
        path.mkdir()
        for number, one in enumerate(records):
            (path / f"{number}.json").write_text(json.dumps([one]))
    assert load("laion-sg", path).prompts == load("laion-sg", FILE).prompts


def test_a_saved_data_set_without_a_test_split_must_be_told_which(tmp_path: Path) -> None:
    found = datasets.Dataset.from_list(json.loads(FILE.read_text()))
    datasets.DatasetDict({"train": found, "dev": found}).save_to_disk(tmp_path / "saved")
    said = "saved: has the splits train, dev: name the folder of one of them"
    assert message("laion-sg", tmp_path / "saved") == [said]


@published
def test_the_published_records() -> None:
    suite = load("laion-sg", PUBLISHED / "laion_sg")
    prompts = by_id(suite)
    assert set(prompts) == {"482027", "483868", "482063"}
    assert [e.category for e in prompts["482027"].graph.entities].count("trees") == 2
    assert told(prompts["483868"]) == [("colorful arc-shaped rainbow", "span over", "green vast valley")]
