"""Requirement scores of pictures that are right in part."""

from __future__ import annotations

import pytest

from rlrig_eval.metrics import all_correct, pair_accuracy, requirements_share
from rlrig_eval.scene import check
from tests.metrics.scenes import scene

GOLD = scene("a: red circle, b: square", "a left of b")


@pytest.mark.parametrize(
    ("entities", "relations", "satisfied"),
    [
        # exists, count and colour of the circle; exists and count of the square; the relation: six in all.
        ("a: red circle, b: square", ["a left of b"], 6),
        ("a: red circle, b: square", ["b left of a"], 5),
        ("a: blue circle, b: square", ["a left of b"], 5),
        ("a: red circle, b: square, c: square", ["a left of b", "a left of c"], 5),
        ("a: red circle", [], 3),  # no square: its count and the relation fall with it
        ("c: star", [], 0),
    ],
)
def test_a_picture_is_scored_by_what_it_satisfies(entities: str, relations: list[str], satisfied: int) -> None:
    verdicts = check(GOLD.requirements(), scene(entities, *relations))
    assert requirements_share(verdicts) == satisfied / 6
    assert all_correct(verdicts) == (satisfied == 6)


def test_where_nothing_is_asked_nothing_is_wrong() -> None:
    assert requirements_share({}) == 1.0
    assert all_correct({})


def test_a_model_that_always_draws_left_gets_no_pair() -> None:
    correct = {("left", seed): True for seed in range(4)} | {("right", seed): False for seed in range(4)}
    assert pair_accuracy(correct, {"left": "right", "right": "left"}) == {"left": 0.0, "right": 0.0}


def test_a_pair_is_right_by_seed_and_counts_the_seeds_that_both_have() -> None:
    first = {("p", 0): True, ("p", 1): True, ("p", 2): False}
    second = {("q", 0): True, ("q", 1): False, ("q", 7): True}
    assert pair_accuracy(first | second, {"p": "q", "q": "p"}) == {"p": 0.5, "q": 0.5}


def test_prompts_without_a_twin_or_without_its_samples_are_left_out() -> None:
    assert pair_accuracy({("p", 0): True, ("single", 0): True}, {"p": "q", "q": "p"}) == {}
