"""The vocabulary is a closed system: inverses undo each other, and every wording of a fact has one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.scene import VOCABULARY, Relation, SceneGraph, is_spatial, opposite
from tests.scene.strategies import graphs

INVERTIBLE = [name for name, kind in VOCABULARY.items() if kind.inverse is not None]


def test_the_vocabulary_is_the_design_s() -> None:
    assert set(VOCABULARY) == {
        *("left of", "right of", "above", "below", "in front of", "behind", "inside", "around", "on", "under"),
        *("between", "near", "far from", "touching", "bigger than", "smaller than"),
    }
    assert not is_spatial("wearing")


@pytest.mark.parametrize("name", INVERTIBLE)
def test_the_inverse_tells_the_same_fact_from_the_other_side(name: str) -> None:
    inverse = VOCABULARY[name].inverse
    assert inverse is not None
    said = Relation(subject="a", predicate=name, object="b")
    assert Relation(subject="b", predicate=inverse, object="a").canonical() == said.canonical()


@pytest.mark.parametrize("name", VOCABULARY)
def test_canonical_predicates_are_their_own_form(name: str) -> None:
    canonical = VOCABULARY[VOCABULARY[name].canonical]
    assert (canonical.canonical, canonical.swap) == (canonical.name, False)
    assert canonical.axis == VOCABULARY[name].axis


@pytest.mark.parametrize("name", VOCABULARY)
def test_the_opposite_of_the_opposite_is_the_same_fact(name: str) -> None:
    back = Relation.model_construct(subject="a", predicate=opposite(opposite(name)), object="b").canonical()
    assert back == Relation.model_construct(subject="a", predicate=name, object="b").canonical()


def test_near_and_far_are_contrasts_although_each_is_its_own_inverse() -> None:
    assert (opposite("near"), opposite("far from")) == ("far from", "near")
    assert (opposite("between"), opposite("wearing")) == ("between", "wearing")


@given(graphs())
def test_canonical_form_is_final(graph: SceneGraph) -> None:
    for relation in graph.relations:
        once = relation.canonical()
        assert once.canonical() == once
        assert (once.negated, once.frame) == (relation.negated, relation.frame)
        assert {once.subject, *once.objects} == {relation.subject, *relation.objects}


@given(st.sampled_from(["near", "far from", "touching"]))
def test_symmetric_relations_have_no_direction(name: str) -> None:
    forth = Relation(subject="a", predicate=name, object="b")
    back = Relation(subject="b", predicate=name, object="a")
    assert forth.canonical() == back.canonical()


def test_the_ends_of_a_between_have_no_order() -> None:
    one = Relation(subject="a", predicate="between", object=("c", "b"))
    other = Relation(subject="a", predicate="between", object=("b", "c"))
    assert one.canonical() == other.canonical()
