"""rlrig-eval report: its flags."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from tests.runs import tiny


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    for name, rate in (("good", 0.0), ("bad", 0.9)):
        evaluate(tiny.suite(), "synthetic", options={"error_rate": rate}, out=folder / name)
    return [folder / "good", folder / "bad"]


def test_columns_in_the_order_named(rlrig_eval, runs: list[Path]) -> None:
    done = rlrig_eval("report", *runs, "--columns", "sg_iou, rank", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert list(rows[0])[:2] == ["model", "sg_iou"]
    assert [row["rank"] for row in rows] == ["1", "2"]
    assert {"coverage", "protocol", "settings"} <= rows[0].keys()


def test_a_cut_that_leaves_nothing_is_a_usage_error(rlrig_eval, runs: list[Path]) -> None:
    done = rlrig_eval("report", *runs, "--max-images", "0.5")
    assert (done.code, "no run is left at 0.5 images a sample" in done.err) == (2, True)


def test_a_paper_prints_its_tables_and_the_reproduction(rlrig_eval, runs: list[Path]) -> None:
    done = rlrig_eval("report", *runs, "--paper", "rl-rig", "--format", "tex")
    assert (done.code, done.out.count(r"\begin{table}")) == (0, 2)
    assert "0.3319" in done.out
    assert rlrig_eval("report", *runs, "--paper", "rl-rig", "--columns", "sg_iou").code == 2
    assert "did you mean 'rl-rig'" in rlrig_eval("report", *runs, "--paper", "rlrig").err
