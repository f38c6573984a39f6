"""The same graph, linearised, for every contestant."""

from __future__ import annotations

import pytest

from rlrig_eval.scene import Entity, Relation, SceneGraph, parse
from rlrig_eval.suite import Prompt, load
from rlrig_eval.suite.variants import GRAPH, asked, linearised


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a small red circle left of a blue square", "small red circle left of blue square"),
        ("two red circles and a star", "two red circles; star"),
        ("a red circle between a star and a ring", "red circle between star and ring"),
    ],
)
def test_a_graph_is_a_line_of_triples(text: str, line: str) -> None:
    assert linearised(parse(text)) == line


def test_a_negation_and_whose_side_is_meant_are_said() -> None:
    things = (Entity(id="a", category="bench"), Entity(id="b", category="dog"))
    side = Relation(subject="a", predicate="left of", object="b", frame="object", negated=True)
    assert linearised(SceneGraph(entities=things, relations=(side,))) == "bench not left of dog as seen by the dog"


def test_any_other_variant_is_the_suites_own_wording() -> None:
    prompt = Prompt(id="p", text="look: a star", graph=parse("a star"), group="p")
    assert (asked(prompt, "text"), asked(prompt, GRAPH)) == ("look: a star", "star")


def test_no_two_prompts_of_spatial_that_differ_become_one() -> None:
    lines: dict[str, SceneGraph] = {}
    for prompt in load("spatial").prompts:
        graph = lines.setdefault(linearised(prompt.graph), prompt.graph)
        assert len(graph.requirements()) == len(prompt.graph.requirements())
