"""Comparing two runs prompt by prompt, and the gate that stands on it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from rlrig_eval.stats import Difference, cluster_mean_ci, gate, paired_difference, paired_differences


def two_runs(
    rng: np.random.Generator, groups: int, gain: float
) -> tuple[dict[str, float], dict[str, float], dict[str, str]]:
    """Run a solves what b solves, and of the rest a share such that it is better by `gain` on average."""
    base = 0.4
    a, b, of = {}, {}, {}
    for g in range(groups):
        swing = rng.random() < 0.5  # what a group of twins has in common
        for k in range(rng.integers(1, 4)):
            name = f"{g}-{k}"
            of[name] = f"g{g}"
            b[name] = float(rng.random() < base)
            a[name] = float(b[name] or (swing and rng.random() < 2 * gain / (1 - base)))
    return a, b, of


def test_worked_by_hand() -> None:
    a = {"p1": 1.0, "p2": 0.5, "p3": 0.0}
    b = {"p1": 0.5, "p2": 0.5, "p3": 0.25}
    found = paired_difference(a, b, {"p1": "g", "p2": "g", "p3": "h"})
    assert found.mean == pytest.approx((0.5 + 0.0 - 0.25) / 3, abs=1e-12)
    assert found.n == 3


def test_only_prompts_that_both_runs_scored_count() -> None:
    a = {"p1": 1.0, "p2": None, "p3": 0.0, "only a": 1.0, "p5": 1.0}
    b = {"p1": 0.0, "p2": 1.0, "p3": math.nan, "only b": 1.0, "p5": 1.0}
    found = paired_difference(a, b, {p: p for p in ("p1", "p2", "p3", "p5")})
    assert (found.mean, found.n) == (0.5, 2)


def test_nothing_shared_is_null() -> None:
    found = paired_difference({"p": 1.0}, {"q": 1.0}, {})
    assert found == Difference(None, None, None, 0, None)
    assert json.dumps(found.as_dict()) == '{"mean": null, "ci95": [null, null], "n": 0, "p": null}'


def test_one_shared_group_says_nothing_of_the_spread() -> None:
    found = paired_difference({"p": 1.0, "q": 0.0}, {"p": 0.0, "q": 0.0}, {"p": "g", "q": "g"})
    assert found == Difference(0.5, None, None, 2, None)


def test_swapping_the_runs_flips_the_difference_and_keeps_the_p_value() -> None:
    a, b, groups = two_runs(np.random.default_rng(0), 60, 0.15)
    forward, backward = paired_difference(a, b, groups), paired_difference(b, a, groups)
    assert (forward.mean, forward.p) == (-backward.mean, backward.p)
    # Both use the same draws, so the ends mirror exactly but for rounding.
    assert (forward.lo, forward.hi) == pytest.approx((-backward.hi, -backward.lo), abs=1e-9)


def test_the_order_of_the_prompts_does_not_matter() -> None:
    a, b, groups = two_runs(np.random.default_rng(1), 40, 0.1)
    reversed_a = dict(reversed(a.items()))
    assert paired_difference(reversed_a, b, groups) == paired_difference(a, b, groups)


def test_pairing_beats_comparing_two_intervals() -> None:
    rng = np.random.default_rng(3)
    hard = {f"p{i}": rng.random() for i in range(200)}
    a = {p: min(1.0, s + 0.05 + 0.02 * rng.standard_normal()) for p, s in hard.items()}
    paired = paired_difference(a, hard, {p: p for p in hard})
    alone = cluster_mean_ci(list(a.values()), list(a))
    assert paired.lo > 0.0
    assert paired.hi - paired.lo < 0.2 * (alone.hi - alone.lo)


# 600 trials: a standard error of .9 points on a coverage of 95 % or an error rate of 5 %. The seeds are fixed.
def test_the_interval_covers_the_true_difference() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(600):
        found = paired_difference(*two_runs(rng, 60, 0.1), draws=500)
        covered += found.lo <= 0.1 <= found.hi
    assert 0.93 <= covered / 600 <= 0.97


def test_the_test_cries_wolf_5_times_in_100() -> None:
    rng = np.random.default_rng(6)
    rejected = 0
    for trial in range(600):
        _, b, groups = two_runs(rng, 30, 0.0)
        # Continuous scores: between right-or-wrong ones ties make the test stricter than its level.
        shift = {group: rng.normal() for group in set(groups.values())}
        a = {p: score + shift[groups[p]] + 0.5 * rng.normal() for p, score in b.items()}
        rejected += paired_difference(a, b, groups, draws=500, seed=trial).p <= 0.05
    assert 0.023 <= rejected / 600 <= 0.077


def test_two_equal_runs_differ_by_nothing_with_p_1() -> None:
    scores = {f"p{i}": float(i % 2) for i in range(20)}
    found = paired_difference(scores, scores, {p: p for p in scores})
    assert (found.mean, found.n, found.p) == (0.0, 20, 1.0)
    # 20 prompts without a change do not prove that the next one would not change.
    assert -0.25 < found.lo < -0.05 < 0.05 < found.hi < 0.25


def test_a_few_groups_that_all_differ_by_the_same_are_no_certainty() -> None:
    """One run always right against one that is right in one of every twins: p says that two groups prove nothing."""
    right, half, groups = twins(2)
    two = paired_difference(right, half, groups)
    assert two.mean == 0.5
    assert two.p > 0.05
    assert two.lo <= 0.0
    assert two.hi == 1.0
    thirty = paired_difference(*twins(30))
    assert 0.4 < thirty.lo < 0.5 < thirty.hi < 0.6


def test_the_gate_does_not_fail_a_run_on_two_groups_that_fell_alike() -> None:
    right, half, groups = twins(2)
    assert gate(half, right, groups, delta=0.4).verdict == "inconclusive"
    assert gate(*twins(30)[1::-1], twins(30)[2], delta=0.4).verdict == "fail"


def twins(groups: int) -> tuple[dict[str, float], dict[str, float], dict[str, str]]:
    """A run that is right throughout, one that is right in one of every two twins, and the groups of the prompts."""
    of = {f"{g}-{k}": f"g{g}" for g in range(groups) for k in range(2)}
    return dict.fromkeys(of, 1.0), {name: float(name.endswith("0")) for name in of}, of


class TestWalls:
    """A difference of shares lies in [-1, 1], and so do its bounds; that of other scores lies where it lies."""

    # Six of eight better and one worse, whose upper end lies at 1.03 before it is cut.
    a = {f"p{i}": float(i < 6) for i in range(8)}  # noqa: RUF012
    b = {f"p{i}": float(i == 6) for i in range(8)}  # noqa: RUF012
    groups = {p: p for p in b}  # noqa: RUF012

    def test_an_interval_does_not_pass_what_a_difference_of_shares_can_be(self) -> None:
        up, down = paired_difference(self.a, self.b, self.groups), paired_difference(self.b, self.a, self.groups)
        assert (up.mean, up.hi) == (0.625, 1.0)
        assert (down.mean, down.lo) == (-0.625, -1.0)
        assert -0.2 < up.lo < 0.2

    def test_other_scores_are_not_cut(self) -> None:
        a, b = ({p: 10.0 * score for p, score in one.items()} for one in (self.a, self.b))
        assert paired_difference(a, b, self.groups).hi > 10.0
        assert gate(a, b, self.groups, delta=0.0).upper > 10.0

    def test_each_metric_has_its_own(self) -> None:
        ten = [{p: 10.0 * score for p, score in one.items()} for one in (self.a, self.b)]
        found = paired_differences({"share": self.a, "ten": ten[0]}, {"share": self.b, "ten": ten[1]}, self.groups)
        assert found["share"].hi == 1.0
        assert found["ten"].hi > 10.0

    def test_a_missing_score_is_no_other_score(self) -> None:
        assert paired_difference({**self.a, "p7": None}, self.b, self.groups).hi == 1.0

    def test_the_gate_reads_the_same(self) -> None:
        found = gate(self.a, self.b, self.groups, delta=0.0)
        assert found.upper == 1.0
        assert gate(self.b, self.a, self.groups, delta=1.0).verdict == "pass"  # nothing falls by more than 1


BASELINE = {f"p{i}": float(i % 3 > 0) for i in range(300)}
GROUPS = {p: p for p in BASELINE}


def worse_by(wrong: int) -> dict[str, float]:
    """The baseline with `wrong` of its 200 right answers turned wrong."""
    flipped = [p for p, score in BASELINE.items() if score][:wrong]
    return {**BASELINE, **dict.fromkeys(flipped, 0.0)}


class TestGate:
    @pytest.mark.parametrize(
        ("wrong", "verdict"),
        # delta = .1 is 30 of 300 prompts; a standard error there is sqrt(.1 * .9 / 300), which is 5 prompts.
        [(0, "pass"), (15, "pass"), (30, "inconclusive"), (60, "fail")],
    )
    def test_verdicts(self, wrong: int, verdict: str) -> None:
        assert gate(worse_by(wrong), BASELINE, GROUPS, delta=0.1).verdict == verdict

    def test_a_better_run_passes_even_with_no_tolerance(self) -> None:
        assert gate(BASELINE, worse_by(60), GROUPS, delta=0.0).verdict == "pass"

    def test_too_little_to_tell_is_inconclusive(self) -> None:
        found = gate({"p": 0.0}, {"p": 1.0}, {"p": "g"}, delta=0.1)
        assert found.as_dict() == {
            "verdict": "inconclusive", "mean": -1.0, "lower": None, "upper": None, "delta": 0.1, "n": 1,
        }  # fmt: skip

    def test_one_group_in_which_nothing_changed_passes(self) -> None:
        groups = {"p": "g", "q": "g"}
        same = gate({"p": 0.5, "q": 1.0}, {"p": 0.5, "q": 1.0}, groups, delta=0.0)
        assert (same.verdict, same.lower, same.n) == ("pass", None, 2)
        assert gate({"p": 0.5, "q": 0.9}, {"p": 0.5, "q": 1.0}, groups, delta=0.5).verdict == "inconclusive"
        assert gate({"p": None}, {"p": 1.0}, groups, delta=1.0).verdict == "inconclusive"  # nothing was compared

    def test_a_negative_tolerance_is_refused(self) -> None:
        with pytest.raises(ValueError, match="delta must be at least 0"):
            gate(BASELINE, BASELINE, GROUPS, delta=-0.1)
