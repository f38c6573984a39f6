"""rlrig-eval report: its flags."""

from __future__ import annotations

import csv
import io
import json
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


def test_a_leaderboard_and_its_equal_budgets_are_one_document(rlrig_eval, runs: list[Path], tmp_path: Path) -> None:
    for run in runs:
        file = tmp_path / "results" / f"{run.name}.json"
        assert rlrig_eval("baseline", "write", run, "--least-n", "10", "--out", file).code == 0
    flags = ["--reference", "synthetic (bad)", "--budget-of", "synthetic (good)", "--format", "json"]
    done = rlrig_eval("report", tmp_path / "results", *flags)
    board, cut = json.loads(done.out)
    assert [row["model"] for row in board["rows"]] == ["synthetic (good)", "synthetic (bad)"]
    assert board["rows"][1]["difference"] is None
    assert cut["title"] == "No more images than synthetic (good)"  # it does not say its denoiser evaluations


def test_an_export_is_written_where_it_is_told(rlrig_eval, runs: list[Path], tmp_path: Path) -> None:
    done = rlrig_eval("export", runs[0], "--to", "inspect", "--out", tmp_path)
    assert (done.code, done.out) == (0, f"wrote {tmp_path / 'tiny_synthetic.json'}\n")
    wrong = rlrig_eval("export", runs[0], "--to", "inspct", "--out", tmp_path)
    assert (wrong.code, "did you mean 'inspect'?" in wrong.err) == (2, True)


def test_a_limit_is_for_a_site(rlrig_eval, runs: list[Path], tmp_path: Path) -> None:
    done = rlrig_eval("view", runs[0], "--limit", "3")
    assert (done.code, "give --bundle DIR" in done.err) == (2, True)
    assert rlrig_eval("view", runs[0], "--limit", "3", "--bundle", tmp_path / "site").code == 0
