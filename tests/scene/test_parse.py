"""`parse` reads back every wording that the suites use, and says so when it cannot read."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.scene import ParseError, equivalent, parse
from rlrig_eval.shapes import PAIRINGS
from rlrig_eval.suite import load
from rlrig_eval.suite.structures import STRUCTURES, compose
from rlrig_eval.suite.wording import SYNONYMS, word


@given(st.sampled_from(sorted(STRUCTURES)), st.integers(0, 2**32), st.data())
def test_every_wording_of_a_prompt_graph_is_read_back(structure: str, seed: int, data: st.DataObject) -> None:
    graph = compose(np.random.default_rng(seed), structure, PAIRINGS)
    text = word(graph, lambda options: data.draw(st.integers(0, options - 1)))
    said = parse(text)
    assert equivalent(said, graph)
    # As stated: neither the direction nor the order of the clauses is turned.
    assert [r.predicate for r in said.relations] == [r.predicate for r in graph.relations]


@pytest.mark.parametrize("name", ["spatial", "spatial:dev"])
def test_every_prompt_of_the_suite_is_read_back(name: str) -> None:
    assert [p.id for p in load(name).prompts if not equivalent(parse(p.text), p.graph)] == []


@pytest.mark.parametrize(
    ("phrase", "predicate"),
    [(phrase, predicate) for predicate, phrases in SYNONYMS.items() for phrase in phrases if predicate != "between"]
    + [("beneath", "under"), ("underneath", "under"), ("under", "under"), ("on top of", "on"), ("on", "on")]
    + [("beside", "near"), ("over", "above")],
)
def test_a_phrase_states_its_predicate(phrase: str, predicate: str) -> None:
    (relation,) = parse(f"a wooden chair {phrase} a red dog").relations
    assert (relation.subject, relation.predicate, relation.object) == ("e0", predicate, "e1")


@pytest.mark.parametrize(
    "text",
    [
        "a red circle left of a blue square",
        "A red circle is left of a blue square.",
        "There is a red circle to the left of a blue square",
        "an image of a red circle  on the left side of a blue square",
        "the red circle is left of the blue square",
        "red circle left of blue square",
        "1 red circle left of one blue square",
    ],
)
def test_small_words_change_nothing(text: str) -> None:
    assert equivalent(parse(text), parse("a red circle left of a blue square"))


def test_a_means_another_and_the_means_the_same() -> None:
    another = parse("a circle left of a square, and a circle above a star")
    same = parse("a circle left of a square, and the circle above a star")
    assert (len(another.entities), len(same.entities)) == (4, 3)


def test_a_list_of_things_states_no_relation() -> None:
    graph = parse("two small red circles, a star and three crosses")
    assert [(e.category, e.attributes, e.count) for e in graph.entities] == [
        *(("circle", ("small", "red"), 2), ("star", (), 1), ("cross", (), 3))
    ]
    assert graph.relations == ()


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("a cup and a plate on a table", ["cup on table", "plate on table"]),
        ("a photo of two cups and a red bowl in a sink", ["cup inside sink", "bowl inside sink"]),
        ("a cup, a plate and a fork on a table", ["cup on table", "plate on table", "fork on table"]),
        ("a cup, a plate, and a fork on a table", ["cup on table", "plate on table", "fork on table"]),
        ("a dog and a cat behind a car that is near a tree", ["dog behind car", "cat behind car", "car near tree"]),
        ("a dog and a cat surrounded by a fence", ["fence around dog", "fence around cat"]),
        # Not the whole list: a comma sets the last thing apart, and so does a word that refers back to the others.
        ("a cup and a plate, and a fork on a table", ["fork on table"]),
        ("a cup, and a plate on a table", ["plate on table"]),
        ("a cup, a plate, and a fork between them", ["fork between cup+plate"]),
        ("a cup and a bowl placed on a table", ["cup on table", "bowl on table"]),
    ],
)
def test_what_ends_a_list_is_said_of_the_whole_list(text: str, stated: list[str]) -> None:
    graph = parse(text)
    names = {entity.id: entity.category for entity in graph.entities}
    told = [f"{names[r.subject]} {r.predicate} {'+'.join(names[name] for name in r.objects)}" for r in graph.relations]
    assert sorted(told) == sorted(stated)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("from left to right: a red cup, a bowl, and a fork", [("e0", "left of", "e1"), ("e1", "left of", "e2")]),
        ("From top to bottom, a cup and a bowl. The bowl is red.", [("e0", "above", "e1")]),
        ("a cup, a bowl, and a fork, from left to right", [("e0", "left of", "e1"), ("e1", "left of", "e2")]),
        ("a cup, a bowl and a fork from right to left", [("e0", "right of", "e1"), ("e1", "right of", "e2")]),
    ],
)
def test_a_list_in_an_order_states_each_thing_and_the_next(text: str, stated: list[tuple[str, str, str]]) -> None:
    assert [(r.subject, r.predicate, r.object) for r in parse(text).relations] == stated


def test_negation_belongs_to_its_relation() -> None:
    graph = parse("a circle not near a square, and the square above a star")
    assert [r.negated for r in graph.relations] == [True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a thing"),
        ("a red", "'a red'"),
        ("a circle left of", "expected a thing at the end"),
        ("a dog chasing a cat", "'a dog chasing'"),
        ("it is near a dog", "'it is near a dog'"),
        ("a happy dog", "'a happy dog'"),
        ("circles above a star", "'circles' does not say how many"),
        ("two circle above a star", "'two circle' counts 2"),
        ("a circle not a star", "expected a relation"),
        ("a circle left of a square above a star", "'above a star'"),
        ("a circle and a square is left of a star", "unclear what 'and a square is left of a star' belongs to"),
        ("a circle and a square not near a star", "unclear what 'and a square not near a star' belongs to"),
        ("a circle left of a square and a star", "unclear what 'and a star' belongs to"),
        ("from left to right: a circle", "expected two things or more in an order"),
        ("from left to right: a circle above a square", "expected two things or more in an order"),
        ("a circle between a square", "'a circle between a square'"),
        ("a red circle near the red circle", "'a red circle near the red circle'"),
        ("a red circle near a blue circle, and the circle above a star", "'the circle' could mean 2 things"),
        ("a circle; a square", "'; a square'"),
        ("two circles. the first is left of the second", "'the first is left of the second'"),
        ("a circle and a square. the former is above the latter", "'the former is above the latter'"),
    ],
)
def test_what_it_cannot_read_is_named_and_never_guessed(text: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert words in str(caught.value)


@given(
    st.text()
    | st.lists(st.sampled_from("a the two and , not red circle squares left of near between is it".split())).map(
        " ".join
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ParseError):
        assert parse(text).entities
