"""`focus` keeps of a picture what the prompt has an opinion on, and nothing of what it has not."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import assume, given

from rlrig_eval.metrics import scene_graph_iou
from rlrig_eval.scene import Entity, Relation, SceneGraph, equivalent, focus
from tests.scene.strategies import graphs


def fact(subject: str, predicate: str, object_: str | tuple[str, str]) -> Relation:
    return Relation(subject=subject, predicate=predicate, object=object_)


def thing(id_: str, category: str, *attributes: str, count: int = 1) -> Entity:
    return Entity(id=id_, category=category, attributes=attributes, count=count)


GOLD = SceneGraph(entities=(thing("a", "circle", "red"), thing("b", "square")), relations=(fact("a", "left of", "b"),))
CIRCLE, SQUARE, STAR = thing("x", "circle", "small", "red"), thing("y", "square", "large"), thing("z", "star")


def focused(*relations: Relation, gold: SceneGraph = GOLD) -> list[tuple[str, str, str | tuple[str, str]]]:
    read = SceneGraph(entities=(CIRCLE, SQUARE, STAR), relations=relations)
    return [(r.subject, r.predicate, r.object) for r in focus(read, gold).relations]


def test_relations_on_an_axis_that_the_prompt_is_silent_on_are_dropped() -> None:
    assert focused(fact("x", "left of", "y"), fact("x", "above", "y"), fact("x", "near", "y")) == [
        ("x", "left of", "y")
    ]


@pytest.mark.parametrize(("stated", "implied"), [("on", "above"), ("touching", "near")])
def test_what_the_stated_relation_implies_is_no_second_opinion(stated: str, implied: str) -> None:
    gold = GOLD.model_copy(update={"relations": (GOLD.relations[0].model_copy(update={"predicate": stated}),)})
    assert focused(fact("x", stated, "y"), fact("x", implied, "y"), gold=gold) == [("x", stated, "y")]
    weaker = GOLD.model_copy(update={"relations": (GOLD.relations[0].model_copy(update={"predicate": implied}),)})
    assert focused(fact("x", stated, "y"), fact("x", implied, "y"), gold=weaker) == [("x", implied, "y")]


def test_a_relation_that_contradicts_the_prompt_stays_to_be_priced() -> None:
    assert focused(fact("y", "left of", "x")) == [("y", "left of", "x")]


def test_a_prompt_that_only_denies_has_an_opinion_on_the_denied_alone() -> None:
    denied = GOLD.relations[0].model_copy(update={"negated": True})
    gold = GOLD.model_copy(update={"relations": (denied,)})
    assert focused(fact("y", "left of", "x"), fact("x", "near", "y"), gold=gold) == []
    assert focused(fact("y", "right of", "x"), gold=gold) == [("y", "right of", "x")]


def test_relations_of_pairs_and_things_that_the_prompt_does_not_join_are_dropped() -> None:
    assert focused(fact("x", "left of", "z"), fact("z", "left of", "y")) == []


def test_a_between_is_about_its_three_things_whoever_stands_in_the_middle() -> None:
    gold = SceneGraph(
        entities=(thing("a", "circle"), thing("b", "square"), thing("c", "star")),
        relations=(fact("a", "between", ("b", "c")),),
    )
    read = (fact("y", "between", ("x", "z")), fact("x", "left of", "y"))
    assert focused(*read, gold=gold) == [("y", "between", ("x", "z"))]


OWN = fact("a", "left of", "b").model_copy(update={"frame": "object"})


def test_the_viewers_left_is_no_opinion_on_a_things_own() -> None:
    own = fact("x", "left of", "y").model_copy(update={"frame": "object"})
    other = fact("y", "left of", "x").model_copy(update={"frame": "object"})  # on the circle's own left
    read = SceneGraph(entities=(CIRCLE, SQUARE), relations=(own, other, fact("y", "left of", "x")))
    gold = GOLD.model_copy(update={"relations": (OWN,)})
    assert focus(read, gold).relations == (own,)
    assert scene_graph_iou(focus(read, gold), gold).relation == 1.0
    assert focus(read, GOLD).relations == read.relations[2:]


def test_the_wrong_one_of_a_things_own_sides_stays_to_be_priced() -> None:
    wrong = fact("x", "right of", "y").model_copy(update={"frame": "object"})
    read = SceneGraph(entities=(CIRCLE, SQUARE), relations=(wrong,))
    assert focus(read, GOLD.model_copy(update={"relations": (OWN,)})).relations == (wrong,)


@pytest.mark.parametrize("order", [*permutations(("d0", "d1"))])
def test_of_two_alike_the_one_on_a_things_own_side_is_meant(order: tuple[str, ...]) -> None:
    gold = SceneGraph(entities=(thing("a", "dog"), thing("b", "cat")), relations=(OWN,))
    own = fact("d1", "left of", "c").model_copy(update={"frame": "object"})
    dogs = tuple(thing(name, "dog") for name in order)
    read = SceneGraph(entities=(*dogs, thing("c", "cat")), relations=(fact("d0", "left of", "c"), own))
    assert focus(read, gold).relations == (own,)


def test_attributes_of_a_kind_that_the_prompt_does_not_state_are_dropped() -> None:
    read = SceneGraph(entities=(thing("x", "circle", "small", "green"), SQUARE))
    assert [e.attributes for e in focus(read, GOLD).entities] == [("green",), ()]


def test_invented_things_stay_as_they_were_read() -> None:
    invented = thing("w", "star", "large", "blue")
    assert invented in focus(SceneGraph(entities=(CIRCLE, SQUARE, invented)), GOLD).entities


def test_alike_things_are_paired_by_what_they_share_then_by_the_parts_they_take() -> None:
    gold = SceneGraph(
        entities=(thing("a", "tree"), thing("b", "tree"), thing("c", "dog")),
        relations=(fact("a", "left of", "c"), fact("b", "above", "c")),
    )
    read = SceneGraph(
        entities=(thing("high", "tree"), thing("low", "tree"), thing("d", "dog")),
        relations=(fact("high", "above", "d"), fact("low", "left of", "d"), fact("low", "near", "d")),
    )
    assert focus(read, gold).relations == read.relations[:2]


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_things_that_are_described_alike_are_told_apart_by_whom_they_stand_with(order: tuple[int, ...]) -> None:
    """A perfect reading is one, whatever the order of its list."""
    trees = [thing(f"t{n}", "tree") for n in range(4)]
    row = tuple(fact(f"t{n}", "left of", f"t{n + 1}") for n in range(3))
    gold = SceneGraph(entities=tuple(trees), relations=row)
    names = {f"t{n}": f"r{n}" for n in range(4)}
    read = SceneGraph(
        entities=tuple(thing(names[trees[n].id], "tree") for n in order),
        relations=tuple(fact(names[r.subject], "left of", names[r.objects[0]]) for r in row),
    )
    assert scene_graph_iou(focus(read, gold), gold).sg == 1.0


DOGS_AND_CAT = (thing("d0", "dog"), thing("d1", "dog"), thing("c", "cat"))
DENIED = Relation(subject="d0", predicate="left of", object="c", negated=True)


@pytest.mark.parametrize("order", [*permutations(("x", "y"))])
def test_alike_things_are_not_paired_by_what_the_prompt_denies(order: tuple[str, ...]) -> None:
    gold = SceneGraph(entities=DOGS_AND_CAT, relations=(DENIED,))
    dogs = tuple(thing(name, "dog") for name in order)
    read = SceneGraph(
        entities=(*dogs, thing("z", "cat")), relations=(fact("x", "left of", "z"), fact("z", "left of", "y"))
    )
    assert focus(read, gold).relations == ()
    assert scene_graph_iou(focus(read, gold), gold).relation == 1.0
    one = SceneGraph(entities=(DOGS_AND_CAT[0], DOGS_AND_CAT[2]), relations=(DENIED,))
    assert focus(read, one).relations == ()  # one dog is too many: it is the one on the left


@pytest.mark.parametrize("order", [*permutations("wxyz")])
def test_alike_things_are_told_apart_by_what_is_denied_between_them(order: tuple[str, ...]) -> None:
    """Of four in a row the inner two take both parts, so that which of them it is only the pair tells."""
    denied = (Relation(subject=one, predicate="left of", object=other, negated=True) for one, other in ("ab", "cd"))
    gold = SceneGraph(entities=tuple(thing(name, "dog") for name in "abcd"), relations=tuple(denied))
    row = tuple(fact(one, "left of", other) for one, other in ("wx", "xy", "yz"))
    read = SceneGraph(entities=tuple(thing(name, "dog") for name in order), relations=row)
    assert focus(read, gold).relations == ()
    assert scene_graph_iou(focus(read, gold), gold).relation == 1.0


def test_a_group_is_paired_member_by_member() -> None:
    gold = SceneGraph(
        entities=(thing("a", "circle", count=2), thing("b", "square")), relations=(fact("a", "above", "b"),)
    )
    read = SceneGraph(
        entities=(thing("x", "circle"), thing("x2", "circle"), SQUARE),
        relations=(fact("x", "above", "y"), fact("x2", "above", "y"), fact("x", "left of", "x2")),
    )
    assert focus(read, gold).relations == read.relations[:2]


@given(graphs(most=1), graphs())
def test_focusing_again_changes_nothing(read: SceneGraph, gold: SceneGraph) -> None:
    once = focus(read, gold)
    assert focus(once, gold) == once
    assert set(once.relations) <= set(read.relations)
    assert [entity.id for entity in once.entities] == [entity.id for entity in read.entities]


@given(graphs(most=1))
def test_a_prompt_has_an_opinion_on_all_of_itself(gold: SceneGraph) -> None:
    # Of things that nothing tells apart the wrong ones may be paired.
    assume(len({(e.category, frozenset(e.attributes)) for e in gold.entities}) == len(gold.entities))
    assert equivalent(focus(gold, gold), gold)


@given(graphs(most=1))
def test_an_empty_prompt_has_no_opinion(read: SceneGraph) -> None:
    assert focus(read, SceneGraph()) == read.model_copy(update={"relations": ()})
