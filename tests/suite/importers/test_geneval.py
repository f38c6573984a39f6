"""GenEval: objects, counts, colours and positions."""

from __future__ import annotations

from collections import Counter

import pytest

from rlrig_eval.suite import load
from tests.suite.importers.conftest import FIXTURES, PUBLISHED, Changed, by_id, message, published, told

FILE = FIXTURES / "geneval.jsonl"
LAMP = {"class": "lamp", "count": 1}


def record(**changes: object) -> dict:
    return {"tag": "two_object", "include": [LAMP, {"class": "stool", "count": 1}], "prompt": "a lamp"} | changes


def test_the_graph_is_what_include_says() -> None:
    suite = load("geneval", FILE)
    prompts = by_id(suite)
    assert told(prompts["00002"]) == [("lamp", "right of", "hat stand")]
    assert [(e.category, e.attributes) for e in prompts["00003"].graph.entities] == [
        ("lamp", ("red",)),
        ("stool", ("blue",)),
    ]
    assert (suite.world, suite.protocol.images_per_prompt, suite.counting) == ("photo", 4, "at_least")
    assert "MIT" in suite.description
    assert "djghosh13/geneval" in suite.description


def test_as_many_and_no_more_is_an_exact_count_and_elsewhere_more_is_fine() -> None:
    suite = load("geneval", FILE)
    prompts = by_id(suite)
    assert [(r.kind, r.count, r.counting) for r in suite.requirements(prompts["00001"])] == [
        ("exists", None, "exact"),
        ("count", 3, "exact"),
    ]
    assert [r.kind for r in suite.requirements(prompts["00000"])] == ["exists"]


def test_an_exclusion_that_no_graph_holds_is_tagged() -> None:
    prompt = by_id(load("geneval", FILE))["00004"]
    assert (prompt.counting, "partial" in prompt.tags) == (None, True)


@pytest.mark.parametrize("target", [1, 2, -1])
def test_trap_position_points_back(jsonl: Changed, target: int) -> None:
    file = jsonl(record(include=[LAMP, {"class": "stool", "count": 1, "position": ["above", target]}]))
    said = f"records.jsonl:1: include.1.position: points to entry {target}, which is not an earlier one"
    assert message("geneval", file) == [said]


def test_trap_repeated_prompts_are_one_unit(jsonl: Changed) -> None:
    suite = load("geneval", jsonl(*[record()] * 4, record(prompt="another")))
    assert len({prompt.id for prompt in suite.prompts}) == 5
    assert Counter(prompt.group for prompt in suite.prompts) == {"geneval-00000": 4, "geneval-00004": 1}


def test_every_problem_is_located(jsonl: Changed) -> None:
    file = jsonl(
        record(),
        record(include=[{"class": "lamp", "count": 0}]),
        record(include=[{"class": "lamp", "count": 1, "colour": "red"}]),
    )
    assert message("geneval", file) == [
        "records.jsonl:2: include.0.count: Input should be greater than or equal to 1",
        "records.jsonl:3: include.0.colour: unknown key: did you mean 'color'?",
    ]
    assert message("geneval", jsonl(record(), record(include=[]))) == ["records.jsonl:2: include: is empty"]


@published
def test_the_published_file() -> None:
    suite = load("geneval", PUBLISHED / "geneval")
    assert Counter(prompt.tags[0] for prompt in suite.prompts) == {
        "single_object": 80, "two_object": 99, "counting": 80, "colors": 94, "position": 100, "color_attr": 100,
    }  # fmt: skip
    relations = Counter(relation.predicate for prompt in suite.prompts for relation in prompt.graph.relations)
    assert relations == {"below": 28, "right of": 27, "above": 26, "left of": 19}
    assert Counter(prompt.counting for prompt in suite.prompts) == {None: 473, "exact": 80}
    assert not any("partial" in prompt.tags for prompt in suite.prompts)
    assert len({prompt.group for prompt in suite.prompts}) == 553


@published
def test_the_head_of_the_published_file_has_every_tag() -> None:
    head = load("geneval", PUBLISHED / "geneval").prompts[:56]
    assert set(Counter(prompt.tags[0] for prompt in head).values()) <= {8, 9, 10, 11}
