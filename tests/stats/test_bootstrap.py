"""The clustered bootstrap: what it estimates, and that its intervals cover as often as they say."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlrig_eval.stats import Interval, cluster_mean_ci, prompt_means

scored = st.lists(st.tuples(st.floats(0.0, 1.0, allow_subnormal=False), st.integers(0, 5)), min_size=1, max_size=30)


def simulated_suite(rng: np.random.Generator, groups: int, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Right-or-wrong scores of groups of 1 to 4 prompts whose chances of success are alike inside a group."""
    sizes = rng.choice([1, 2, 2, 2, 4], size=groups)
    of_prompt = np.repeat(np.arange(groups), sizes)
    chance = rng.beta(2 * mean, 2 * (1 - mean), size=groups)
    return (rng.random(len(of_prompt)) < chance[of_prompt]).astype(float), of_prompt


# 1500 simulated suites put a standard error of .56 points on a coverage of 95 %. The band of +-2 points is
# 3.5 of them wide, so a method that covers as promised does not leave it by chance.
@pytest.mark.parametrize("groups", [40, 100, 400])
@pytest.mark.parametrize("mean", [0.1, 0.5])
def test_a_95_percent_interval_covers_the_truth_95_times_in_100(groups: int, mean: float) -> None:
    rng = np.random.default_rng(groups)
    trials = 1500
    hits = 0
    for _ in range(trials):
        values, of_prompt = simulated_suite(rng, groups, mean)
        found = cluster_mean_ci(values, of_prompt, draws=1000)
        hits += found.lo <= mean <= found.hi
    assert 0.93 <= hits / trials <= 0.97


def test_treating_twins_as_independent_would_make_the_interval_too_narrow() -> None:
    values = np.repeat(np.random.default_rng(0).integers(0, 2, size=60), 4).astype(float)
    clustered = cluster_mean_ci(values, np.repeat(np.arange(60), 4))
    pretended = cluster_mean_ci(values, np.arange(240))
    # Four perfect copies carry the information of one: the interval must be sqrt(4) = 2 times as wide, up to
    # the noise of 2000 draws.
    assert (clustered.hi - clustered.lo) / (pretended.hi - pretended.lo) == pytest.approx(2.0, rel=0.12)


def test_the_mean_is_over_prompts_not_over_groups() -> None:
    assert cluster_mean_ci([1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"]).mean == 0.75


def test_missing_scores_are_left_out_and_not_counted() -> None:
    with_gaps = cluster_mean_ci([1.0, None, 0.0, math.nan, 1.0, 0.0], list("aabbcd"))
    assert with_gaps == cluster_mean_ci([1.0, 0.0, 1.0, 0.0], list("abcd"))
    assert with_gaps.n == 4


def test_a_mean_of_nothing_is_null() -> None:
    for nothing in ([], [math.nan, None]):
        found = cluster_mean_ci(nothing, list("ab")[: len(nothing)])
        assert found == Interval(None, None, None, 0)
    assert json.dumps(found.as_dict()) == '{"mean": null, "ci95": [null, null], "n": 0}'


def test_one_group_has_a_mean_and_no_interval() -> None:
    assert cluster_mean_ci([1.0, 0.0], ["a", "a"]) == Interval(0.5, None, None, 2)


def test_a_perfect_score_is_not_certainty() -> None:
    # Clopper-Pearson for 30 of 30 at 95 %: the lower bound is .025 ** (1 / 30) = .88430.
    assert cluster_mean_ci(np.ones(60), np.repeat(np.arange(30), 2)).lo == pytest.approx(0.88430, abs=1e-5)
    none_right = cluster_mean_ci(np.zeros(60), np.repeat(np.arange(30), 2))
    assert (none_right.mean, none_right.lo) == (0.0, 0.0)
    assert none_right.hi == pytest.approx(1 - 0.88430, abs=1e-5)


def test_twins_of_which_always_one_is_right_are_not_certainty() -> None:
    """Whoever draws "left" whatever is asked is right in exactly half of every pair, and every group is alike."""
    few, many = (cluster_mean_ci([1.0, 0.0] * pairs, np.repeat(np.arange(pairs), 2)) for pairs in (5, 30))
    # At most .025 ** (1 / 30) of the groups are like the 30 seen, and the others may be all right or all wrong.
    assert (many.mean, many.lo, many.hi) == pytest.approx((0.5, 0.5 * 0.88430, 1 - 0.5 * 0.88430), abs=1e-5)
    assert few.lo < many.lo < many.hi < few.hi


def test_scores_beyond_1_that_are_all_the_same_keep_the_interval_around_them() -> None:
    found = cluster_mean_ci([2.0] * 4, list("abcd"))
    assert found.lo == pytest.approx(2.0) == found.hi


def test_a_wider_level_gives_a_wider_interval() -> None:
    values, of_prompt = simulated_suite(np.random.default_rng(2), 50, 0.4)
    narrow, wide = (cluster_mean_ci(values, of_prompt, level=level) for level in (0.8, 0.99))
    assert wide.lo < narrow.lo < narrow.hi < wide.hi


def test_the_same_input_gives_the_same_interval_whatever_the_global_generator_does() -> None:
    values, of_prompt = simulated_suite(np.random.default_rng(1), 30, 0.5)
    np.random.seed(1)
    first = cluster_mean_ci(values, of_prompt)
    before = np.random.get_state()[1].copy()
    assert cluster_mean_ci(values, of_prompt) == first
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_that_is_no_probability_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        cluster_mean_ci([0.0, 1.0], ["a", "b"], level=level)


def test_values_and_groups_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="2 values but 1 groups"):
        cluster_mean_ci([0.0, 1.0], ["a"])


@settings(deadline=None)
@given(scored)
def test_the_interval_holds_the_mean_and_stays_in_the_range_of_the_scores(
    rows: list[tuple[float, int]],
) -> None:
    values, groups = zip(*rows, strict=True)
    found = cluster_mean_ci(list(values), groups, draws=200)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-12)
    if found.lo is not None and found.hi is not None:
        # 1e-9 for the rounding of the replicates' dot products.
        assert -1e-9 <= found.lo <= found.mean + 1e-9
        assert found.mean - 1e-9 <= found.hi <= 1 + 1e-9


@settings(deadline=None)
@given(scored)
def test_the_names_of_the_groups_do_not_matter(rows: list[tuple[float, int]]) -> None:
    values, groups = zip(*rows, strict=True)
    renamed = [f"group {g}" for g in groups]
    found = cluster_mean_ci(list(values), groups, draws=100)
    assert cluster_mean_ci(list(values), renamed, draws=100) == found


def test_seeds_are_averaged_inside_the_prompt() -> None:
    means = prompt_means([("p", 1.0), ("q", None), ("p", 0.0), ("p", math.nan), ("r", 0.25), ("p", 0.5)])
    assert means.pop("p") == 0.5
    assert math.isnan(means.pop("q"))
    assert means == {"r": 0.25}
