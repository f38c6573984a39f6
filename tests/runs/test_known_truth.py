"""Measured scores agree with known ones: on a small suite here, on all of `spatial` in the committed report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rlrig_eval.assets import reports_dir
from rlrig_eval.errors import UsageError
from rlrig_eval.runs.known_truth import RATES, Outcome, as_markdown, main, outcomes
from rlrig_eval.suite import load
from tests.runs import tiny


@pytest.fixture(scope="module")
def found() -> list[Outcome]:
    return outcomes(tiny.suite())


def test_what_is_measured_lies_where_the_truth_says(found: list[Outcome]) -> None:
    assert [(one.error_rate, one.metric) for one in found] == [(r, m) for r in RATES for m in ("all_correct", "sg_iou")]
    assert [one for one in found if not one.inside] == []


def test_the_ends_leave_nothing_to_chance(found: list[Outcome]) -> None:
    certain = [one for one in found if one.error_rate in (0.0, 1.0)]
    assert all(one.low == pytest.approx(one.high) == pytest.approx(one.measured) for one in certain)
    assert found[0].measured == 1.0
    assert found[-2].measured == 0.0


def test_a_score_that_is_off_lies_outside(found: list[Outcome]) -> None:
    assert not any(replace(one, measured=one.high + 0.001).inside for one in found)
    assert not any(replace(one, measured=one.low - 0.001).inside for one in found)
    assert "| NO |" in as_markdown([replace(found[0], measured=0.5)], tiny.suite(), "x")


def test_the_committed_report_is_of_the_suite_as_it_is_and_all_inside() -> None:
    report = json.loads((reports_dir() / "synthetic.json").read_text())
    assert report["sha256"] == load("spatial").sha256
    assert {row["error_rate"] for row in report["outcomes"]} == set(RATES)
    assert all(Outcome(**{k: v for k, v in row.items() if k != "inside"}).inside for row in report["outcomes"])


def test_a_suite_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^unknown suite 'spatail': did you mean 'spatial'\?$"):
        main(["--suite", "spatail", "--out", str(tmp_path)])
