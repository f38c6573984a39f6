"""The leaderboard of real runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.report import leaderboard
from rlrig_eval.report.folder import read_runs
from rlrig_eval.report.ranking import by_tag, settings
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs import open_run
from rlrig_eval.runs.compare import differences
from tests.report.contestants import Single, named, run, suite


def test_runs_are_ranked_by_all_correct(runs):
    found = leaderboard(runs).records()
    assert {row["model"] for row in found} == {"single", "best-of-n", "loop"}
    means = [row["all_correct"].mean for row in found]
    assert means == sorted(means, reverse=True)


def test_a_row_repeats_the_summary_of_its_run(runs):
    for folder, label in zip(runs, ("single", "best-of-n", "loop"), strict=True):
        summary = json.loads((folder / "summary.json").read_text())
        row = _row(leaderboard(runs), label)
        for metric in ("all_correct", "requirements", "sg_iou", "pair_accuracy"):
            assert row[metric] == Estimate.model_validate(summary["metrics"][metric])
        assert row["coverage"] == summary["coverage"]["ok"] / 8
        timing = json.loads((folder / "timing.json").read_text())
        assert row["seconds_per_prompt"] == timing["seconds_per_sample"]["mean"]
    assert _row(leaderboard(runs), "single")["images_per_prompt"] == 1.0
    assert _row(leaderboard(runs), "loop")["images_per_prompt"] > 1.0


def test_coverage_tells_of_the_picture_that_failed_and_the_one_that_could_not_be_read(runs):
    assert _row(leaderboard(runs), "single")["coverage"] == 6 / 8


def test_the_others_are_paired_with_the_first_run_named(runs):
    single, best_of_n, loop = (_row(leaderboard(runs), name) for name in ("single", "best-of-n", "loop"))
    assert single["difference"] is None
    for row, folder in ((best_of_n, runs[1]), (loop, runs[2])):
        found = differences(open_run(folder), open_run(runs[0]))["all_correct"]
        assert row["difference"] == Estimate(mean=found.mean, ci95=(found.lo, found.hi), n=found.n)
    assert best_of_n["difference"].n == 6  # the prompts that both have scored
    assert leaderboard([runs[1], runs[0]]).columns[5].title == "Δ all correct to best-of-n"


def test_a_run_of_another_protocol_is_ranked_but_not_paired(runs, tmp_path):
    other = run(tmp_path / "other", suite(seeds=(1, 2)), named("twice", Single(error_rate=0.0)))
    table = leaderboard([runs[1], other, runs[2]])
    assert _row(table, "twice")["difference"] is None
    assert _row(table, "loop")["difference"] is not None
    assert _row(table, "twice")["images_per_prompt"] == 2.0  # two seeds, a picture each
    assert "A run without Δ differs from it in suite, protocol" in table.notes[-1]


def test_one_run_alone_has_no_difference(runs):
    assert "difference" not in leaderboard(runs[:1]).records()[0]


def test_runs_of_one_model_are_told_apart_by_folder(runs, tmp_path):
    again = shutil.copytree(runs[0], tmp_path / "again")
    models = [row["model"] for row in leaderboard([runs[0], again]).records()]
    assert sorted(models) == ["single (again)", "single (one)"]


def test_settings_stand_in_every_row(runs):
    assert _row(leaderboard(runs), "loop")["settings"] == "budget 4, size 64, steps 12"
    assert settings({"size": [96, 64], "loop": {"max_edits": 4}}) == "loop (max_edits 4), size 96×64"


def test_all_correct_by_tag_repeats_the_summaries(runs):
    table = by_tag(read_runs(runs))
    summary = json.loads((runs[2] / "summary.json").read_text())
    assert [row["tag"] for row in table.records()] == sorted(summary["by_tag"])
    pair = next(row for row in table.records() if row["tag"] == "pair")
    assert pair["all_correct.loop"] == Estimate.model_validate(summary["by_tag"]["pair"]["all_correct"])
    assert pair["prompts"] == 2


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(UsageError, match="not a run folder"):
        leaderboard([tmp_path])
    with pytest.raises(UsageError, match="at least one"):
        leaderboard([])


def test_an_unfinished_run_is_named(runs, tmp_path):
    half = shutil.copytree(runs[0], tmp_path / "half")
    (half / "summary.json").unlink()
    with pytest.raises(UsageError, match=r"half: the run is not finished"):
        leaderboard([half])


def test_the_same_run_twice_is_a_slip(runs):
    with pytest.raises(UsageError, match="named twice"):
        leaderboard([runs[0], Path(runs[0]) / ".." / runs[0].name])


def test_a_damaged_summary_is_named_with_its_field(runs, tmp_path):
    bad = shutil.copytree(runs[0], tmp_path / "bad")
    summary = json.loads((bad / "summary.json").read_text())
    summary["metrics"]["all_correct"]["mean"] = "high"
    (bad / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(UnreadableFile, match=r"summary\.json: metrics\.all_correct\.mean: "):
        leaderboard([bad])


def _row(table, model):
    return next(row for row in table.records() if row["model"] == model)
