"""Counts: intervals for a share, McNemar's test, Holm's correction; and ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from rlrig_eval.stats import clopper_pearson, holm, mcnemar, places, wilson

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def coverages(interval, trials: int, chances: tuple[float, ...]) -> list[float]:
    """Exact, for each chance: summed over every count that could come up."""
    found = [interval(k, trials) for k in range(trials + 1)]
    covering = [[one.lo <= chance <= one.hi for one in found] for chance in chances]
    counts = np.arange(trials + 1)
    return [
        float(binom.pmf(counts, trials, chance) @ np.array(holds, dtype=float))
        for chance, holds in zip(chances, covering, strict=True)
    ]


@pytest.mark.parametrize("trials", [40, 100, 400])
def test_wilson_covers_about_its_level_and_the_exact_interval_never_less(trials: int) -> None:
    chances = (0.05, 0.1, 0.3, 0.5, 0.8)
    # Counts are steps, so a single chance may lie .03 off its level; the mean over chances lies closer.
    assert np.mean(coverages(wilson, trials, chances)) == pytest.approx(0.95, abs=0.015)
    assert min(coverages(clopper_pearson, trials, chances)) >= 0.95


@given(counts)
def test_both_hold_the_share_and_the_exact_one_holds_the_other(count: tuple[int, int]) -> None:
    score, exact = wilson(*count), clopper_pearson(*count)
    if count[1] == 0:
        assert score.mean is exact.mean is score.lo is exact.hi is None
        return
    for found in (score, exact):
        # Wilson's ends at 0 and 1 come out of a square root: 1e-9 for rounding.
        assert -1e-9 <= found.lo <= found.mean + 1e-9
        assert found.mean - 1e-9 <= found.hi <= 1 + 1e-9


@pytest.mark.parametrize("count", [(3, 2), (-1, 2)])
def test_more_successes_than_trials_are_refused(count: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="successes in 2 trials"):
        wilson(*count)


def mid_p_by_sum(a: int, b: int) -> float:
    """Twice (the outcomes more extreme than the observed, and half of it)."""
    k, n = min(a, b), a + b
    return min(1.0, 2 * (binom.cdf(k - 1, n, 0.5) + 0.5 * binom.pmf(k, n, 0.5)))


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_binomial_test_on_the_prompts_that_changed_side(a: int, b: int) -> None:
    found = mcnemar(a, b)
    if a + b:
        assert found.exact == pytest.approx(min(1.0, 2 * binom.cdf(min(a, b), a + b, 0.5)), abs=1e-9)
        # At a tie half of the one middle outcome is what lies beyond.
        expected = 1 - 0.5 * binom.pmf(a, a + b, 0.5) if a == b else mid_p_by_sum(a, b)
        assert found.mid_p == pytest.approx(expected, abs=1e-9)
    assert 0 <= found.mid_p <= found.exact <= 1
    assert mcnemar(b, a).mid_p == pytest.approx(found.mid_p, abs=1e-9)


def test_mcnemar_errs_no_more_than_its_level() -> None:
    # Exact over every outcome of 30 discordant prompts, under no difference.
    chances = binom.pmf(np.arange(31), 30, 0.5)
    found = [mcnemar(k, 30 - k) for k in range(31)]
    assert sum(chances[k] for k, one in enumerate(found) if one.exact <= 0.05) <= 0.05
    assert sum(chances[k] for k, one in enumerate(found) if one.mid_p <= 0.05) <= 0.055


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(p_values)
def test_holm_is_between_no_correction_and_bonferronis_and_keeps_the_order(p: list[float]) -> None:
    found = holm(p)
    assert all(one <= adjusted <= min(1, len(p) * one) + 1e-12 for one, adjusted in zip(p, found, strict=True))
    by_p = [found[i] for i in np.argsort(p, kind="stable")]
    assert by_p == sorted(by_p)


def test_holm_keeps_the_chance_of_any_false_finding_at_5_percent() -> None:
    p = np.random.default_rng(0).random((4000, 6))
    wrong = np.mean([min(holm(row)) < 0.05 for row in p])
    assert wrong <= 0.05 + 3 * 0.0034  # 3 standard errors of 4000 trials


def test_holm_refuses_what_is_no_p_value() -> None:
    with pytest.raises(ValueError, match="p-values must lie in"):
        holm([0.5, 1.5])


class TestPlaces:
    def scores(self, rates: dict[str, float], count: int, seed: int = 0) -> dict[str, dict[str, float]]:
        hard = np.random.default_rng(seed).random((len(rates), count))
        return {
            name: {f"p{i}": float(hard[k, i] < rate) for i in range(count)}
            for k, (name, rate) in enumerate(rates.items())
        }

    def test_a_clear_order_is_sure_and_a_close_race_is_not(self) -> None:
        found = places(self.scores({"a": 0.9, "b": 0.5, "c": 0.48, "d": 0.1}, 300), {f"p{i}": i for i in range(300)})
        assert (found["a"].lo, found["a"].hi, found["a"].first) == (1, 1, 1.0)
        assert (found["d"].lo, found["d"].hi) == (4, 4)
        assert [(found[m].lo, found[m].hi) for m in "bc"] == [(2, 3), (2, 3)]

    def test_the_shares_of_first_place_add_up(self) -> None:
        found = places(self.scores(dict.fromkeys("abcde", 0.5), 100), {f"p{i}": i // 2 for i in range(100)})
        assert sum(one.first for one in found.values()) == pytest.approx(1, abs=1e-12)

    def test_equal_models_share_first_place_and_every_rank(self) -> None:
        same = self.scores({"a": 0.5}, 40)["a"]
        found = places({"a": same, "b": dict(same)}, {p: p for p in same})
        assert [(one.first, one.lo, one.hi) for one in found.values()] == [(0.5, 1, 2)] * 2

    def test_only_prompts_that_all_scored_count(self) -> None:
        scores = {"a": {"p": 1.0, "q": 0.0}, "b": {"p": 0.0, "q": None}}
        assert places(scores, {"p": "p", "q": "q"}) is None
        assert places({}, {}) is None

    def test_the_rank_interval_holds_the_true_rank(self) -> None:
        rates, hits = {"a": 0.6, "b": 0.5, "c": 0.4}, 0
        for trial in range(100):
            found = places(self.scores(rates, 80, seed=trial), {f"p{i}": i for i in range(80)}, draws=300)
            hits += all(one.lo <= rank <= one.hi for rank, one in enumerate(found.values(), start=1))
        assert hits >= 90  # all three at once; a percentile bootstrap of ranks is conservative
