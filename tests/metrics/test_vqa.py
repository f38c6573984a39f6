"""TIFA, Soft-TIFA and VQAScore."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.metrics import (
    soft_tifa,
    soft_tifa_am,
    soft_tifa_gm,
    soft_tifa_probability,
    soft_tifa_spellings,
    tifa,
    vqascore,
)

MEANS = (soft_tifa_am, soft_tifa_gm, vqascore)
atoms = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=8)


def test_by_hand() -> None:
    # (.9 + .4 + .1) / 3, and the cube root of .9 * .4 * .1 = .036.
    assert soft_tifa_am([0.9, 0.4, 0.1]) == pytest.approx(1.4 / 3, abs=1e-12)
    assert soft_tifa_gm([0.9, 0.4, 0.1]) == pytest.approx(0.036 ** (1 / 3), abs=1e-12)
    assert vqascore([0.9, 0.4, 0.1]) == pytest.approx(1.4 / 3, abs=1e-12)


def test_the_benchmark_is_100_times_the_mean_over_images_not_over_atoms() -> None:
    scores = soft_tifa([[1.0], [0.25, 0.25, 0.25]])
    assert scores == pytest.approx((62.5, 62.5))


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize(
    ("values", "message"),
    [([], "no answers"), ([-0.1], r"not -0\.1"), ([0.5, float("inf")], "not inf"), ([float("nan")], "not nan")],
)
def test_what_is_no_probability_is_named(mean: object, values: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mean(values)


def test_a_published_probability_may_pass_1_and_that_of_a_yes_may_not() -> None:
    # Three spellings begin with one token of .4 (see `soft_tifa_probability`): 1.2.
    assert soft_tifa_am([1.2, 0.3]) == pytest.approx(0.75, abs=1e-12)
    assert soft_tifa_gm([1.2, 0.3]) == pytest.approx(0.6, abs=1e-12)
    assert soft_tifa([[1.2]]) == pytest.approx((120.0, 120.0))
    with pytest.raises(ValueError, match=r"not 1\.2"):
        vqascore([1.2, 0.3])


@given(atoms)
def test_the_geometric_mean_is_the_formula_and_at_most_the_arithmetic(values: list[float]) -> None:
    # The formula multiplies before it takes the root, and underflows where logarithms do not.
    assert soft_tifa_gm(values) == pytest.approx(prod(values) ** (1 / len(values)), abs=1e-6)
    assert soft_tifa_gm(values) <= soft_tifa_am(values) + 1e-12


@pytest.mark.parametrize("mean", MEANS)
@given(atoms, st.randoms(use_true_random=False), st.data())
def test_order_does_not_matter_a_lower_atom_never_helps_and_certainty_is_1(
    mean: object, values: list[float], rng: object, data: st.DataObject
) -> None:
    turned = list(values)
    rng.shuffle(turned)
    assert mean(turned) == pytest.approx(mean(values), abs=1e-12)
    place = data.draw(st.integers(0, len(values) - 1))
    assert mean([*values[:place], values[place] / 2, *values[place + 1 :]]) <= mean(values) + 1e-12
    assert mean([1.0] * len(values)) == 1


def test_one_impossible_atom_takes_the_whole_prompt_from_gm_and_its_share_from_am() -> None:
    assert soft_tifa_gm([1.0, 1.0, 0.0]) == 0
    assert soft_tifa_am([1.0, 1.0, 0.0]) == 2 / 3


# A tokenizer of whole words, but for a space of its own before a digit and "eleven" in two parts.
TOKENS = {"Yes": [1], "yes": [2], " yes": [3], " Yes": [1], "3": [4], " 3": [9, 4], "three": [5], "Three": [6]}
TOKENS |= {" three": [7], " Three": [8], "eleven": [10, 11], "Eleven": [12], " eleven": [13], " Eleven": [14]}


class TestProbability:
    def test_a_count_is_summed_over_words_and_digits(self) -> None:
        first = {4: 0.5, 5: 0.25, 99: 0.25}
        assert soft_tifa_probability("How many cows are there?", "three", TOKENS.__getitem__, first) == 0.75

    def test_a_token_of_two_spellings_counts_twice_and_corrected_once(self) -> None:
        first = {1: 0.75}
        assert soft_tifa_probability("Is it red?", "Yes", TOKENS.__getitem__, first) == 1.5
        assert soft_tifa_probability("Is it red?", "Yes", TOKENS.__getitem__, first, "corrected") == 0.75

    def test_a_spelling_of_several_tokens_counts_by_its_beginning_and_corrected_does_not(self) -> None:
        # 9 is a lone space: it begins " 3", and any other number after a space.
        first = {9: 0.5, 4: 0.25}
        assert soft_tifa_probability("How many cows?", "three", TOKENS.__getitem__, first) == 0.75
        assert soft_tifa_probability("How many cows?", "three", TOKENS.__getitem__, first, "corrected") == 0.25

    def test_a_number_beyond_ten_has_no_digits(self) -> None:
        assert soft_tifa_spellings("How many cows?", "eleven") == ("eleven", "Eleven", " eleven", " Eleven")
        assert soft_tifa_probability("How many cows?", "eleven", TOKENS.__getitem__, {10: 0.5, 12: 0.125}) == 0.625


def test_tifa_is_exact_match() -> None:
    assert tifa(["yes", "Red", "two"], ["yes", "red", "two"]) == 2 / 3
    with pytest.raises(ValueError, match="no answers"):
        tifa([], [])
