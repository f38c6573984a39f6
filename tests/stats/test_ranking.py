"""Bradley-Terry finds the strengths that preferences were drawn from."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rlrig_eval.stats.ranking import bradley_terry

TRUE = {"a": 1.0, "b": 0.2, "c": -0.2, "d": -1.0}


def played(rng: np.random.Generator, rounds: int) -> tuple[list[tuple[str, str, float]], list[int]]:
    outcomes, groups = [], []
    for number in range(rounds):
        for a, b in [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("a", "c"), ("b", "d")]:
            chance = 1.0 / (1.0 + math.exp(TRUE[b] - TRUE[a]))
            outcomes.append((a, b, float(rng.random() < chance)))
            groups.append(number)
    return outcomes, groups


def test_it_finds_the_strengths_and_says_how_sure_it_is() -> None:
    found = bradley_terry(*played(np.random.default_rng(1), 400))
    assert [one.name for one in found] == list(TRUE)
    for one in found:
        assert one.value == pytest.approx(TRUE[one.name], abs=0.25)  # about four standard errors of 1,200 games
        assert one.lo < one.value < one.hi
        assert one.n == 1200


def test_two_contestants_are_the_log_odds() -> None:
    found = {one.name: one.value for one in bradley_terry([("x", "y", 1.0)] * 30 + [("x", "y", 0.0)] * 10, range(40))}
    assert found["x"] - found["y"] == pytest.approx(math.log(30.5 / 10.5), abs=1e-6)


def test_ties_make_equals_and_the_undefeated_stay_finite() -> None:
    even = bradley_terry([("x", "y", 0.5)] * 8, range(8))
    assert [one.value for one in even] == pytest.approx([0.0, 0.0], abs=1e-9)
    best = bradley_terry([("x", "y", 1.0)] * 8, range(8))[0]
    assert (best.name, math.isfinite(best.value)) == ("x", True)


def test_the_order_of_a_pair_says_nothing() -> None:
    outcomes, groups = played(np.random.default_rng(2), 20)
    turned = [(b, a, 1.0 - share) for a, b, share in outcomes]
    for one, other in zip(bradley_terry(outcomes, groups), bradley_terry(turned, groups), strict=True):
        assert (one.name, one.value) == (other.name, pytest.approx(other.value, abs=1e-9))


def test_no_outcome_is_an_error_and_none_at_all_is_no_ranking() -> None:
    assert bradley_terry([], []) == []
    with pytest.raises(ValueError, match="no outcome"):
        bradley_terry([("x", "x", 1.0)], [0])
