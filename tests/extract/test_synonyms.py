"""Names that mean the same, and the words that a picture is read with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.extract.synonyms import COCO, covers, names, related, table, word_for
from rlrig_eval.extract.words import DISTRACTORS, OBJECT_FRAME, Words, categories_of
from rlrig_eval.scene import Entity, Relation, SceneGraph

SOFA = SceneGraph.from_triples([("red car", "left of", "couch")])


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        ("sofa", "couch"),
        ("Couches", "couch"),
        ("television", "tv"),
        ("cell-phone", "cell phone"),
        ("mobile phones", "cell phone"),
        ("knives", "knife"),
        ("skis", "skis"),
        ("Puppy", "dog"),
        ("women", "person"),
        ("doughnut", "donut"),
    ],
)
def test_another_name_for_what_is_asked_becomes_the_prompts_word(seen: str, word: str) -> None:
    assert word_for(seen, COCO) == word


@pytest.mark.parametrize(
    ("asked", "seen"),
    [("dog", "hot dog"), ("cup", "wine glass"), ("man", "person"), ("mouse", "cat"), ("orange", "apple")],
)
def test_another_thing_does_not(asked: str, seen: str) -> None:
    assert not covers(asked, seen)
    assert word_for(seen, [asked]) == seen


def test_the_nearest_of_several_words_wins() -> None:
    assert word_for("man", ["person", "man"]) == "man"
    assert word_for("Sofa", ["couch", "sofa"]) == "sofa"
    assert word_for("girl", ["person", "woman"]) == "person"


def test_no_word_of_the_table_stands_in_two_sets_of_synonyms() -> None:
    words = [word for same in table().same for word in same]
    assert len(words) == len(set(words))


def test_no_two_names_of_coco_mean_the_same() -> None:
    assert [(a, b) for a in COCO for b in COCO if a != b and related(a, b)] == []


@given(st.sampled_from(COCO))
def test_a_name_of_coco_is_its_own_word(name: str) -> None:
    assert word_for(name, COCO) == name
    assert name in names(name)


@given(st.text(max_size=30))
def test_any_text_has_a_word(text: str) -> None:
    assert word_for(text, COCO) in {*COCO, word_for(text, ())}


def test_the_words_of_a_prompt_say_nothing_of_what_stands_where() -> None:
    words = Words.of(SOFA)
    turned = SceneGraph.from_triples([("couch", "left of", "red car")])
    assert words == Words.of(turned)
    assert (words.categories, words.attributes, words.predicates) == (("car", "couch"), ("red",), ("left of",))


def test_a_relation_in_the_frame_of_a_thing_is_another_word() -> None:
    a, b = Entity(id="a", category="cat"), Entity(id="b", category="dog", count=2)
    words = Words.of(
        SceneGraph(entities=(a, b), relations=(Relation(subject="a", predicate="left of", object="b", frame="object"),))
    )
    assert words.predicates == (f"left of{OBJECT_FRAME}",)
    assert words.counting


def test_distractors_are_the_same_every_time_and_none_could_be_said_of_a_thing_that_is_asked_for() -> None:
    pool = categories_of([SOFA, SceneGraph.from_triples([("sofa", "near", "taxi"), ("zebra", "near", "automobile")])])
    words = Words.of(SOFA, pool)
    assert words == Words.of(SOFA, reversed(pool))
    assert len(words.distractors) == DISTRACTORS
    assert "zebra" in words.distractors
    assert not [word for word in words.distractors for own in words.categories if related(word, own)]
