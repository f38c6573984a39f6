"""Benchmarks that give structure and are not on this machine: GenEval++ and HRS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlrig_eval.extract.detector import FLAT
from rlrig_eval.extract.words import Words
from rlrig_eval.suite import load
from tests.suite.importers.conftest import FIXTURES, Changed, by_id, message, told

HRS = FIXTURES / "hrs_spatial.csv"
LAMP, STOOL = {"class": "lamp", "count": 1}, {"class": "stool", "count": 1}


def plus(*include: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"tag": "size", "prompt": "x", "include": list(include)} | more


def test_geneval_pp_sizes_are_relations(jsonl: Changed) -> None:
    suite = load("geneval-pp", jsonl(plus(LAMP, STOOL | {"size": ["larger", 0], "position": ["above", 0]})))
    assert told(suite.prompts[0]) == [("stool", "above", "lamp"), ("stool", "bigger than", "lamp")]
    assert suite.counting == "exact"


def test_geneval_pp_regions_and_exclusions_are_more_than_a_graph_holds(jsonl: Changed) -> None:
    region, absent, counted = (
        plus(LAMP | {"region": "left"}),
        plus(LAMP, exclude=[STOOL]),
        plus(LAMP, exclude=[LAMP | {"count": 2}]),
    )
    prompts = by_id(load("geneval-pp", jsonl(region, absent | {"prompt": "y"}, counted | {"prompt": "z"})))
    assert {"region:left", "partial"} <= set(prompts["00000"].tags)
    assert ["partial" in prompts[name].tags for name in ("00001", "00002")] == [True, False]


def test_geneval_pp_says_what_is_wrong(jsonl: Changed) -> None:
    file = jsonl(plus(LAMP, STOOL | {"size": ["taller", 0]}), plus(LAMP | {"size": ["larger", 0]}))
    assert message("geneval-pp", file) == [
        "records.jsonl:1: include.1.size: 'taller' is none of larger, bigger, smaller",
        "records.jsonl:2: include.0.size: points to entry 0, which is not an earlier one",
    ]


def test_hrs_columns_are_relations_as_its_script_reads_them() -> None:
    prompts = by_id(load("hrs", HRS))
    assert told(prompts["spatial-0000"]) == [("lamp", "left of", "stool")]
    assert told(prompts["spatial-0001"]) == [("lamp", "under", "stool"), ("lamp", "right of", "rug")]
    (between,) = prompts["spatial-0002"].graph.relations
    assert (between.predicate, between.subject, between.object) == ("between", "e0", ("e1", "e2"))
    assert told(prompts["spatial-0003"]) == [
        ("lamp", "above", "stool"),
        ("vase", "above", "stool"),
        ("lamp", "left of", "rug"),
        ("vase", "left of", "rug"),
    ]
    assert [prompts[f"spatial-000{n}"].tags[0] for n in range(4)] == ["easy", "medium", "medium", "hard"]


def test_hrs_takes_on_for_above_which_boxes_decide(tmp_path: Path) -> None:
    (tmp_path / "hrs.csv").write_text(
        HRS.read_text().replace("rug,,above,", "rug,,on,").replace("rug,above,", "rug,on,")
    )
    prompt = by_id(load("hrs", tmp_path / "hrs.csv"))["spatial-0003"]
    assert [words for _, words, _ in told(prompt)] == ["above", "above", "left of", "left of"]
    assert "relation:on" not in prompt.tags
    assert set(Words.of(prompt.graph).predicates) <= FLAT  # the detector of photographs raises for any other


def test_hrs_has_two_wordings() -> None:
    assert by_id(load("hrs", HRS))["spatial-0000"].text == "A lamp stands on the left of a small stool."
    assert by_id(load("hrs:meta", HRS))["spatial-0000"].text == "a lamp on the left of a stool"


def test_hrs_sizes(tmp_path: Path) -> None:
    header = HRS.read_text().split("\n")[0]
    rows = ["m,lamp,stool,,,bigger,,a", "m,lamp,stool,rug,,smaller,larger,b", "m,lamp,stool,rug,vase,smaller,bigger,c"]
    (tmp_path / "size.csv").write_text("\n".join([header, *rows]))
    prompts = by_id(load("hrs", tmp_path / "size.csv"))
    assert told(prompts["size-0000"]) == [("lamp", "bigger than", "stool")]
    assert told(prompts["size-0001"]) == [("lamp", "smaller than", "stool"), ("lamp", "bigger than", "rug")]
    assert [words for _, words, _ in told(prompts["size-0002"])] == ["smaller than", "smaller than", "bigger than"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("lamp,stool,,,on the left of", "lamp,stool,,,astride", "2: rel1: 'astride' is no relation of two objects"),
        (
            "lamp,stool,,,",
            "lamp,,stool,,",
            "2: obj1: two to four objects are needed, and none may be left out",
        ),
        (
            "rug,,between,",
            "rug,,above,",
            "4: rel1: 'above' is none of between, among, in the middle of",
        ),
        ("stool,,,on the left of,,", "stool,,,above,below,", "2: rel2: 2 objects and 2 relations do not go together"),
    ],
)
def test_hrs_says_what_is_wrong(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = HRS.read_text()
    assert before in text
    (tmp_path / "hrs.csv").write_text(text.replace(before, after))
    assert message("hrs", tmp_path / "hrs.csv") == [f"hrs.csv:{said}"]
