"""Quality against cost, from run folders and by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.report.entry import Entry, read_entries
from rlrig_eval.report.pareto import MOST, front, paretos
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs import evaluate
from tests.report import contestants

POINTS = st.dictionaries(st.text("abcdef", min_size=1), st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1)


@given(POINTS)
def test_every_point_off_the_front_is_beaten_by_one_on_it_and_none_on_it_is(points: dict) -> None:
    best = front(points)
    for name, (cost, quality) in points.items():
        better = [o for o in best if points[o][0] <= cost and points[o][1] >= quality and points[o] != (cost, quality)]
        assert bool(better) != (name in best)


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> Entry:
    folder = tmp_path_factory.mktemp("runs") / "one"
    evaluate(contestants.suite(), contestants.Single(0.5), out=folder)
    (found,) = read_entries([folder])
    return found


def told(entry: Entry, label: str, images: float | None, mean: float | None) -> Entry:
    cost = {"images_per_sample": images, "denoiser_evals_per_sample": None}
    metrics = {"all_correct": Estimate(mean=mean, ci95=(0.0, 1.0), n=8)}
    return replace(entry, label=label, cost=cost, metrics=metrics, seconds=None)


def test_one_plot_a_cost_that_is_told_with_the_front_in_it(entry: Entry) -> None:
    cheap, dear, worse = told(entry, "a", 1, 0.5), told(entry, "b", 5, 0.8), told(entry, "c", 5, 0.2)
    (plot,) = paretos([cheap, dear, worse])  # nobody tells evaluations or seconds
    assert [line.label for line in plot.lines] == ["a", "b", "c"]
    one, two, three = (line.marks[0] for line in plot.lines)
    assert ("on the front" in one.told, "on the front" in two.told, "on the front" in three.told) == (True, True, False)
    assert "5 images per prompt: 0.80 [0.00, 1.00]" in two.told
    assert one.x < two.x == three.x  # dearer is further right
    assert two.y < one.y < three.y  # better is higher
    assert f"V{two.y:.1f}" in plot.rings[-1]
    assert f"V{three.y:.1f}" not in plot.rings[-1]


def test_costs_that_lie_far_apart_are_told_apart(entry: Entry) -> None:
    found = [told(entry, str(cost), cost, 0.5) for cost in (1, 10, 1000)]
    (plot,) = paretos(found)
    xs = [line.marks[0].x for line in plot.lines]
    assert xs[1] - xs[0] == pytest.approx((xs[2] - xs[0]) / 3)  # one of three powers of ten


def test_without_two_that_can_be_compared_there_is_nothing_to_draw(entry: Entry) -> None:
    other = replace(told(entry, "b", 5, 0.8), terms={**entry.terms, "suite": "another"})
    assert paretos([told(entry, "a", 1, 0.5), other]) == []
    assert paretos([told(entry, "a", 1, 0.5), told(entry, "b", None, 0.8), told(entry, "c", 2, None)]) == []


def test_of_more_runs_than_can_be_told_apart_the_front_and_the_best_are_drawn(entry: Entry) -> None:
    dull = [told(entry, f"dull {n}", 2 + n, 0.1) for n in range(MOST)]
    (plot,) = paretos([*dull, told(entry, "best", 9, 0.9), told(entry, "cheapest", 1, 0.05)])
    drawn = {line.label for line in plot.lines}
    assert len(drawn) == MOST
    assert drawn >= {"best", "cheapest", "dull 0"}
