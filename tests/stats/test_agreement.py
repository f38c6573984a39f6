"""Kappas against published examples and their own definition."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.stats.agreement import agreement, fleiss_kappa

RATINGS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


def cohen_kappa(a: Sequence[Hashable], b: Sequence[Hashable]) -> float | None:
    return agreement(a, b, ["one group"] * len(a)).kappa


def test_cohen_on_the_textbook_table() -> None:
    # 50 proposals: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o = .7, p_e = .5, kappa = .4.
    a = ["yes"] * 25 + ["no"] * 25
    b = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(a, b) == pytest.approx(0.4)


def test_fleiss_on_his_own_example() -> None:
    # Fleiss 1971: 14 raters, 10 subjects, 5 categories, as tabulated on Wikipedia: kappa = .210.
    table = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(table) == pytest.approx(0.210, abs=5e-4)


@given(RATINGS)
def test_raters_are_alike_and_labels_have_no_order(pairs: list[tuple[int, int]]) -> None:
    a, b = map(list, zip(*pairs, strict=True))
    names = {0: "x", 1: "a", 2: "m"}
    swapped, renamed = cohen_kappa(b, a), cohen_kappa([names[i] for i in a], [names[i] for i in b])
    assert cohen_kappa(a, b) == (None if swapped is None else pytest.approx(swapped))
    assert cohen_kappa(a, b) == (None if renamed is None else pytest.approx(renamed))


@given(RATINGS)
def test_agreeing_with_oneself_is_1_or_unknown(pairs: list[tuple[int, int]]) -> None:
    a = [one for one, _ in pairs]
    found = cohen_kappa(a, a)
    assert found is None if len(set(a)) == 1 else found == pytest.approx(1.0)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(100):
        truth = rng.integers(0, 2, 120)
        other = np.where(rng.random(120) < 0.8, truth, 1 - truth)  # agrees on .8; kappa = .6
        found = agreement(truth.tolist(), other.tolist(), list(range(120)), draws=300, seed=trial)
        held += found.lo <= 0.6 <= found.hi
    assert held >= 86  # 95 are expected; 86 lies four standard deviations below


def test_whole_groups_are_resampled() -> None:
    a, b = [1, 0, 1, 0] * 10, [1, 0, 0, 0] * 10
    alone = agreement(a, b, list(range(40)))
    grouped = agreement(a, b, [i // 20 for i in range(40)])
    assert grouped.hi - grouped.lo < alone.hi - alone.lo  # two equal halves do not vary
    assert agreement(a, b, [0] * 40).lo is None


def test_nothing_rated_is_nothing_known() -> None:
    assert agreement([], [], []).kappa is None
    assert fleiss_kappa([]) is None
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[1, 2], [2, 2]])
