"""One decomposition of a graph into checkable statements, and how a read picture is held against them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.scene import Entity, Relation, SceneGraph, check, zero_children
from tests.scene.strategies import IDS, PREDICATES, graphs, renamed


def thing(id_: str, category: str = "circle", *attributes: str, count: int = 1) -> Entity:
    return Entity(id=id_, category=category, attributes=attributes, count=count)


def fact(subject: str, predicate: str, object_: str | tuple[str, str], negated: bool = False) -> Relation:
    return Relation(subject=subject, predicate=predicate, object=object_, negated=negated)


def graph(*parts: Entity | Relation) -> SceneGraph:
    return SceneGraph(
        entities=tuple(part for part in parts if isinstance(part, Entity)),
        relations=tuple(part for part in parts if isinstance(part, Relation)),
    )


def failed(prompt: SceneGraph, picture: SceneGraph) -> list[str]:
    """The statements that the picture does not satisfy."""
    requirements = prompt.requirements()
    verdicts = check(requirements, picture)
    return [requirement.statement() for requirement in requirements if not verdicts[requirement.id]]


@given(graphs(), st.sampled_from(["exact", "at_least"]))
def test_parents_stand_before_their_children_and_ids_are_unique(prompt: SceneGraph, counting: str) -> None:
    seen: set[str] = set()
    for requirement in prompt.requirements(counting):
        assert set(requirement.depends) <= seen
        assert requirement.id not in seen
        seen.add(requirement.id)


@given(graphs())
def test_everything_that_is_said_is_required_once(prompt: SceneGraph) -> None:
    requirements = prompt.requirements()
    relations = [r for r in requirements if r.kind == "relation"]
    assert [r.kind for r in requirements].count("exists") == len(prompt.entities)
    assert [(r.predicate, r.negated) for r in relations] == [(r.predicate, r.negated) for r in prompt.relations]
    for entity in prompt.entities:
        stated = [r.attribute for r in requirements if r.entities == (entity.id,) and r.kind == "attribute"]
        named = next(r for r in requirements if r.id == f"exists:{entity.id}").references[0].attributes
        assert sorted((*stated, *named)) == sorted(entity.attributes)


@given(graphs())
def test_statements_and_questions_are_one_line_of_english(prompt: SceneGraph) -> None:
    for requirement in prompt.requirements():
        assert requirement.statement().startswith(("there is ", "there are ", "the "))
        assert requirement.question().startswith(("is ", "are "))
        assert requirement.question().endswith("?")


@given(graphs())
def test_ids_never_matter(prompt: SceneGraph) -> None:
    other = renamed(prompt, dict(zip(IDS, ("z", "x", "y", "w"), strict=True)))
    assert sorted(failed(prompt, prompt.expand())) == sorted(failed(other, other.expand()))
    assert sorted(failed(prompt, SceneGraph())) == sorted(r.statement() for r in other.requirements())


@given(st.lists(st.sampled_from(PREDICATES), max_size=3), st.integers(1, 3))
def test_a_picture_of_exactly_the_prompt_satisfies_it(predicates: list[str], count: int) -> None:
    names = [("a", "b"), ("b", "c"), ("a", "c")]
    things = (thing("a", "circle", "red"), thing("b", "dog", count=count), thing("c", "square", "small"))
    facts = [
        fact(s, predicate, ("a", "b") if predicate == "between" and s == "c" else o)
        for (s, o), predicate in zip(names, predicates, strict=False)
        if predicate != "between"
    ]
    prompt = graph(*things, *facts)
    assert failed(prompt, prompt.expand()) == []


PAIR = graph(thing("a", "circle", "red"), thing("b", "square", "blue"), fact("a", "left of", "b"))
RED, BLUE = thing("x", "circle", "small", "red"), thing("y", "square", "large", "blue")
LEFT, RIGHT = fact("x", "left of", "y"), fact("y", "left of", "x")
NOT_LEFT = graph(*PAIR.entities, fact("a", "left of", "b", negated=True))
TWO = graph(thing("a", "circle", count=2), thing("b", "square"), fact("a", "above", "b"))
BETWEEN = graph(thing("a"), thing("b", "square"), thing("c", "star"), fact("a", "between", ("b", "c")))
AMID = graph(thing("a"), thing("b", "square", count=2), fact("a", "between", ("b", "b")))
X, X2, Y, Y2, Z = thing("x"), thing("x2"), thing("y", "square"), thing("y2", "square"), thing("z", "star")


@pytest.mark.parametrize(
    ("prompt", "picture", "wrong"),
    [
        pytest.param(PAIR, graph(RED, BLUE, LEFT), [], id="as asked, with sizes nobody asked about"),
        pytest.param(PAIR, graph(RED, BLUE, fact("y", "right of", "x")), [], id="told from the other side"),
        pytest.param(PAIR, graph(RED, BLUE, RIGHT), ["the circle is left of the square"], id="mirrored"),
        pytest.param(PAIR, graph(RED, BLUE), ["the circle is left of the square"], id="no relation read"),
        pytest.param(
            PAIR,
            graph(thing("x", "circle", "green"), BLUE, LEFT),
            ["the circle is red"],
            id="a wrong colour does not move it",
        ),
        pytest.param(
            PAIR,
            graph(BLUE),
            [
                *("there is a circle", "there is exactly one circle", "the circle is red"),
                "the circle is left of the square",
            ],
            id="a missing thing takes its children along",
        ),
        pytest.param(
            PAIR,
            graph(RED, BLUE, thing("z", "circle", "red"), LEFT),
            ["there is exactly one circle", "the circle is left of the square"],
            id="a second circle that stands elsewhere",
        ),
        pytest.param(NOT_LEFT, graph(RED, BLUE), [], id="negated: nothing said"),
        pytest.param(NOT_LEFT, graph(RED, BLUE, RIGHT), [], id="negated: the other way"),
        pytest.param(
            NOT_LEFT, graph(RED, BLUE, LEFT), ["the circle is not left of the square"], id="negated: violated"
        ),
        pytest.param(
            NOT_LEFT,
            graph(RED),
            [
                *("there is a square", "there is exactly one square", "the square is blue"),
                "the circle is not left of the square",
            ],
            id="negated: needs both to be there",
        ),
        pytest.param(
            TWO, graph(X, X2, Y, fact("x", "above", "y"), fact("y", "below", "x2")), [], id="group: all members"
        ),
        pytest.param(
            TWO,
            graph(X, X2, Y, fact("x", "above", "y")),
            ["the circles are above the square"],
            id="group: one member strays",
        ),
        pytest.param(
            TWO,
            graph(X, Y, fact("x", "above", "y")),
            ["there are exactly two circles"],
            id="group: too few, but where they belong",
        ),
        pytest.param(BETWEEN, graph(X, Y, Z, fact("x", "between", ("z", "y"))), [], id="between: ends have no order"),
        pytest.param(
            BETWEEN,
            graph(X, Y, Z, fact("y", "between", ("x", "z"))),
            ["the circle is between the square and the star"],
            id="between: the wrong one in the middle",
        ),
        pytest.param(AMID, graph(X, Y, Y2, fact("x", "between", ("y", "y2"))), [], id="between a pair"),
        pytest.param(AMID, graph(X, Y, Y2), ["the circle is between the squares"], id="between a pair: beside it"),
    ],
)
def test_a_picture_is_held_against_a_prompt(prompt: SceneGraph, picture: SceneGraph, wrong: list[str]) -> None:
    assert failed(prompt, picture) == wrong


def test_things_of_one_category_are_told_apart_by_what_differs() -> None:
    prompt = graph(
        thing("a", "circle", "small", "red"), thing("b", "circle", "small", "blue"), fact("a", "left of", "b")
    )
    assert [r.statement() for r in prompt.requirements()] == [
        *("there is a red circle", "there is exactly one red circle", "the red circle is small"),
        *("there is a blue circle", "there is exactly one blue circle", "the blue circle is small"),
        "the red circle is left of the blue circle",
    ]


def test_a_phrase_that_fits_two_groups_counts_both() -> None:
    prompt = graph(thing("a", "circle", "red"), thing("b", "circle"), thing("c", "square"))
    assert [r.statement() for r in prompt.requirements() if r.kind == "count"] == [
        *("there is exactly one red circle", "there are exactly two circles", "there is exactly one square")
    ]


TREES = (thing("a", "tree"), thing("b", "tree"), thing("c", "barn"))


def test_of_two_things_that_nothing_tells_apart_each_relation_is_asked_of_one() -> None:
    prompt = graph(*TREES, fact("a", "behind", "c"), fact("b", "left of", "c"))
    assert failed(prompt, graph(*TREES, fact("b", "behind", "c"), fact("a", "left of", "c"))) == []
    assert failed(prompt, graph(*TREES, fact("a", "behind", "c"))) == ["the tree is left of the barn"]
    beside = graph(*TREES, fact("a", "left of", "b"))
    assert failed(beside, graph(*TREES, fact("b", "left of", "a"))) == []
    assert failed(beside, graph(*TREES, fact("b", "above", "a"))) == ["the tree is left of the tree"]
    denied = graph(*TREES, fact("a", "left of", "c", negated=True), fact("b", "left of", "c"))
    assert failed(denied, graph(*TREES, fact("a", "left of", "c"))) == []
    assert failed(denied, graph(*TREES, fact("a", "left of", "c"), fact("b", "left of", "c"))) != []


def test_a_group_beside_another_of_its_name_is_asked_of_as_many_as_it_has() -> None:
    trees = [thing(name, "tree") for name in "wxyz"]
    prompt = graph(thing("a", "tree", count=3), thing("b", "tree"), thing("c", "barn"), fact("a", "left of", "c"))
    picture = [*trees, thing("c", "barn"), *(fact(name, "left of", "c") for name in "wxy")]
    assert failed(prompt, graph(*picture)) == []
    assert failed(prompt, graph(*picture[:-1])) == ["the trees are left of the barn"]


def test_two_things_of_one_name_can_have_a_third_between_them() -> None:
    prompt = graph(X, Y, Y2, fact("x", "between", ("y", "y2")))
    assert prompt.requirements()[-1].statement() == "the circle is between the squares"
    assert failed(prompt, prompt) == []


def test_imported_suites_may_count_at_least() -> None:
    prompt = graph(thing("a"), thing("b", "square", count=2))
    requirements = prompt.requirements("at_least")
    assert [r.statement() for r in requirements if r.kind == "count"] == ["there are at least two squares"]
    assert all(check(requirements, graph(X, X2, Y, Y2, thing("y3", "square"))).values())


RED_DOG, BLUE_DOG, CAT = thing("r", "dog", "red"), thing("u", "dog", "blue"), thing("c", "cat")
RED_LEFT, BLUE_LEFT, BLUE_RIGHT = fact("r", "left of", "c"), fact("u", "left of", "c"), fact("c", "left of", "u")
LEFT_OF_CAT = graph(thing("a", "dog", "red"), thing("b", "cat"), fact("a", "left of", "b"))
NOT_LEFT_OF_CAT = graph(thing("a", "dog", "red"), thing("b", "cat"), fact("a", "left of", "b", negated=True))
TWO_LEFT = graph(thing("a", "dog", count=2), thing("b", "cat"), fact("a", "left of", "b"))
SMALL_RED = graph(thing("a", "dog", "small", "red"))
ALIKE = graph(thing("a", "dog", "red"), thing("b", "dog", "red"))


@pytest.mark.parametrize(
    ("prompt", "picture", "wrong"),
    [
        pytest.param(LEFT_OF_CAT, graph(RED_DOG, BLUE_DOG, CAT, RED_LEFT, BLUE_RIGHT), [], id="one more elsewhere"),
        pytest.param(LEFT_OF_CAT, graph(BLUE_DOG, RED_DOG, CAT, RED_LEFT, BLUE_RIGHT), [], id="and met first"),
        pytest.param(
            LEFT_OF_CAT, graph(BLUE_DOG, CAT, BLUE_LEFT), ["the dog is red"], id="a wrong colour does not move it"
        ),
        pytest.param(
            LEFT_OF_CAT,
            graph(RED_DOG, BLUE_DOG, CAT, BLUE_LEFT),
            ["the dog is left of the cat"],
            id="another one does not stand in for it",
        ),
        pytest.param(
            NOT_LEFT_OF_CAT, graph(RED_DOG, BLUE_DOG, CAT, BLUE_LEFT), ["the dog is not left of the cat"], id="denied"
        ),
        pytest.param(NOT_LEFT_OF_CAT, graph(RED_DOG, BLUE_DOG, CAT, BLUE_RIGHT), [], id="denied, and for none"),
        pytest.param(
            TWO_LEFT,
            graph(RED_DOG, BLUE_DOG, thing("x", "dog"), CAT, RED_LEFT, BLUE_LEFT),
            [],
            id="as many as are asked for",
        ),
        pytest.param(
            TWO_LEFT,
            graph(RED_DOG, BLUE_DOG, thing("x", "dog"), CAT, RED_LEFT),
            ["the dogs are left of the cat"],
            id="fewer than are asked for",
        ),
        pytest.param(
            SMALL_RED,
            graph(thing("x", "dog", "small", "blue"), thing("y", "dog", "large", "red")),
            ["the dog is red"],
            id="no dog is all that one is to be",
        ),
        pytest.param(
            ALIKE, graph(RED_DOG, BLUE_DOG), ["the dog is red", "the dog is red"], id="two alike need two that are so"
        ),
    ],
)
def test_counted_at_least_another_one_may_be_otherwise(
    prompt: SceneGraph, picture: SceneGraph, wrong: list[str]
) -> None:
    requirements = prompt.requirements("at_least")
    verdicts = check(requirements, picture)
    assert [r.statement() for r in requirements if not verdicts[r.id]] == wrong


@given(graphs())
def test_the_rule_of_counting_changes_no_id_and_shows_only_where_it_is_at_least(prompt: SceneGraph) -> None:
    exact, loose = ({r.id: r for r in prompt.requirements(rule)} for rule in ("exact", "at_least"))
    assert loose.keys() <= exact.keys()
    assert all("counting" not in r.model_dump(exclude_defaults=True) for r in exact.values())
    assert all(r.counting == "at_least" for r in loose.values() if r.kind != "exists")


def test_a_judge_s_yes_is_void_when_the_parent_failed() -> None:
    requirements = PAIR.requirements()
    answers = {requirement.id: requirement.id != "exists:b" for requirement in requirements}
    zeroed = zero_children(requirements, answers)
    assert [name for name, held in zeroed.items() if not held] == [
        *("exists:b", "count:b", "attribute:b:blue", "relation:0")
    ]
