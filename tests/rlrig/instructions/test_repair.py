"""A repair names what is wrong, in a sentence that mends it."""

import numpy as np
import pytest

from rlrig.instructions.repair import failures, repair
from rlrig_eval.scene import parse
from rlrig_eval.shapes import layout, truth


@pytest.mark.parametrize(
    ("seen", "instruction"),
    [
        ("a blue square", "add a red circle left of the blue square"),
        ("a red circle right of a blue square", "move the red circle left of the blue square"),
        ("a green circle left of a blue square", "make the green circle red"),
        ("two red circles left of a blue square", "remove a red circle"),
        ("a red circle", "add a blue square right of the red circle"),
        ("a red circle left of a black star", "turn the black star into a blue square"),
    ],
)
def test_a_repair_mends_what_it_is_told(seen: str, instruction: str) -> None:
    prompt = parse("a red circle left of a blue square")
    scene = truth(layout(parse(seen), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == instruction


@pytest.mark.parametrize(
    ("seen", "instruction"),
    [
        (
            "a blue square left of a red circle, and the blue square left of a green star",
            "move the red circle left of the blue square",
        ),
        (
            "a red circle left of a blue square, and the green star left of the blue square",
            "move the blue square left of the green star and right of the red circle",
        ),
    ],
)
def test_the_subject_is_moved_where_the_failure_says_and_its_other_relation_too(seen: str, instruction: str) -> None:
    prompt = parse("a red circle left of a blue square, and the blue square left of a green star")
    scene = truth(layout(parse(seen), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == instruction


def test_a_missing_thing_is_told_its_own_relations_alone() -> None:
    prompt = parse("a red circle left of a blue square, and the blue square left of a green star")
    scene = truth(layout(parse("a blue square left of a green star"), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == "add a red circle left of the blue square"


def test_what_shall_not_be_is_moved_to_the_contrary() -> None:
    prompt = parse("a red circle not left of a blue square")
    scene = truth(layout(parse("a red circle left of a blue square"), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == "move the red circle right of the blue square"


def test_what_is_near_a_thing_has_that_thing_near_it() -> None:
    prompt = parse("a red circle near a blue square")
    scene = truth(layout(parse("a red circle"), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == "add a blue square near the red circle"


def test_where_the_prompt_is_shown_there_is_nothing_to_repair() -> None:
    prompt = parse("a red circle left of a blue square")
    assert failures(prompt, truth(layout(prompt, np.random.default_rng(0)))) == []


def test_what_waits_for_its_parent_is_no_failure_of_its_own() -> None:
    prompt = parse("a red circle left of a blue square")
    assert [r.kind for r in failures(prompt, truth(layout(parse("a red circle"), np.random.default_rng(0))))] == [
        "exists"
    ]
