"""`validate` finds what the loader cannot see: prompts that do not fit each other, their tags or the world."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rlrig_eval.suite.validate import validate
from tests.suite.conftest import HEADER, Write, graph, row


def said(write: Write, *rows: Any, header: str = HEADER) -> list[str]:
    folder = write(*rows, header=header)
    return [str(finding).removeprefix(f"{folder}/prompts.jsonl:") for finding in validate([folder])]


def twins(**changes: Any) -> list[dict[str, Any]]:
    right = {"text": "a red circle right of a blue square", "graph": graph("right of")}
    return [row("p", twin="q", group="g"), row("q", twin="p", **({"group": "g"} | right | changes))]


def test_a_sound_suite_has_no_findings(write: Write) -> None:
    paraphrase = row("p2", group="g", text="there is a red circle to the left of a blue square", tags=["paraphrase"])
    assert said(write, *twins(), paraphrase) == []


def test_the_shipped_suite_has_no_findings() -> None:
    assert validate(["spatial"]) == []


@pytest.mark.parametrize(("field", "value"), [("box.2", [0, 0, math.inf, 5]), ("depth", math.nan)])
def test_a_place_that_is_no_number_is_refused_where_it_stands(write: Write, field: str, value: Any) -> None:
    """Kept as null in the suite of a run, it would bar the run from ever being opened."""
    odd = graph()
    odd["entities"][0] |= {field.partition(".")[0]: value}
    assert said(write, row("p", graph=odd)) == [f"1: graph.entities.0.{field}: Input should be a finite number"]


def test_twins_share_a_group(write: Write) -> None:
    assert said(write, *twins(group="h")) == [
        "1: group: is 'g', but that of its twin 'q' is 'h'",
        "2: group: is 'h', but that of its twin 'p' is 'g'",
    ]


def test_twins_that_ask_for_the_same_are_no_contrast(write: Write) -> None:
    mirrored = graph() | {"relations": [{"subject": "b", "predicate": "right of", "object": "a"}]}
    found = said(write, *twins(text="a blue square right of a red circle", graph=mirrored))
    assert found[0] == "1: twin: 'q' asks for the same graph, so it is no contrast"


def test_a_paraphrase_has_the_graph_of_its_prompt(write: Write) -> None:
    other = row("p2", text="a red circle above a blue square", graph=graph("above"), tags=["paraphrase"])
    assert said(write, row("p"), other | {"group": "p"}) == [
        "2: graph: no prompt of group 'p' that it paraphrases has this graph"
    ]


@pytest.mark.parametrize("tag", ["k=2", "entities=3", "relation:above", "negated", "counted", "unseen"])
def test_a_tag_that_follows_from_the_graph_must_hold_of_it(write: Write, tag: str) -> None:
    assert said(write, row("p", tags=["k=1", "easy", tag])) == [f"1: tags: '{tag}' does not hold of the graph"]


def test_a_text_that_can_be_read_says_what_the_graph_says(write: Write) -> None:
    (found,) = said(write, row("p", text="a red circle above a blue square"))
    assert found.startswith("1: text: reads as {")


def test_a_text_that_cannot_be_read_is_not_judged(write: Write) -> None:
    assert said(write, row("p", text="so red, and round, and left of its blue and square friend")) == []


def test_ids_that_differ_in_case_alone_would_share_a_file(write: Write) -> None:
    assert said(write, row("p"), row("P", text="not read")) == [
        "2: id: 'P' and 'p' are one file where case does not count"
    ]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (
            graph(category="circel"),
            "graph.entities.0.category: the shapes world has no 'circel': did you mean 'circle'?",
        ),
        (
            graph(colour="rad"),
            "graph.entities.0.attributes: the shapes world has no 'rad': did you mean 'red'?",
        ),
        (
            graph("on"),
            "graph.relations.0.predicate: the shapes world has no 'on'",
        ),
        (
            graph()
            | {
                "relations": [
                    {"subject": "a", "predicate": "left of", "object": "b"},
                    {"subject": "b", "predicate": "left of", "object": "a"},
                ]
            },
            "graph: no layout satisfies it",
        ),
    ],
)
def test_a_shapes_graph_can_be_drawn(write: Write, wrong: dict[str, Any], problem: str) -> None:
    found = said(write, row("p", text="not read", graph=wrong))
    assert any(line.startswith(f"1: {problem}") for line in found)


def test_a_group_that_no_picture_could_hold_is_not_laid_out(write: Write) -> None:
    crowd = graph()
    crowd["entities"][0]["count"] = 1_000_000
    assert said(write, row("p", text="not read", graph=crowd)) == [
        "1: graph.entities.0.count: the shapes world has groups of at most 3, not of 1000000"
    ]


def test_a_photo_suite_may_speak_of_anything(write: Write) -> None:
    header = HEADER.replace("shapes", "photo")
    assert said(write, row("p", text="not read", graph=graph("wearing", "dog")), header=header) == []


def test_splits_share_no_prompt(write: Write) -> None:
    folder = write(row("p"), header=HEADER + "splits: {test: prompts.jsonl, dev: dev.jsonl}\n")
    (folder / "dev.jsonl").write_text((folder / "prompts.jsonl").read_text())
    assert [str(finding) for finding in validate([folder])] == [
        f"{folder}/dev.jsonl:1: id: 'p' is a prompt of prompts.jsonl too"
    ]


def test_what_the_loader_refuses_is_found_in_every_split_and_every_suite(write: Write) -> None:
    folder = write("{}", header=HEADER + "splits: {test: prompts.jsonl, dev: gone.jsonl}\n")
    found = [str(finding) for finding in validate([folder, "no/suite", "spacial"])]
    assert found[0] == f"{folder}/prompts.jsonl:1: id: Field required"
    assert found[-3:] == [
        f"{folder}/gone.jsonl: No such file or directory",
        "no/suite: there is no such suite file",
        "spacial: unknown suite 'spacial': did you mean 'spatial'?",
    ]
