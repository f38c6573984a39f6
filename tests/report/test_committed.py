"""reports/leaderboard.md is made of the committed results by one command."""

from __future__ import annotations

import json
import math
import runpy
import shlex
from pathlib import Path

import pytest

from rlrig_eval.assets import baselines_dir, reports_dir
from rlrig_eval.atomic import replace_json
from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.report.cut import Cut
from rlrig_eval.report.entry import read_entries
from rlrig_eval.report.ranking import at_equal_budget, leaderboard, rank
from rlrig_eval.runs import open_run
from rlrig_eval.runs.baseline import Rule, baseline_of

REPO = Path(__file__).parents[2]
COMMAND = "rlrig-eval report baselines/results --reference flux-shapes --budget-of rlrig --format md"


@pytest.fixture(scope="module")
def results(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results repository: the three runs as baseline files."""
    root = tmp_path_factory.mktemp("results")
    for folder in runs:
        made = baseline_of(open_run(folder), Rule(metric="all_correct", delta=0.05, least_n=1))
        replace_json(root / "tiny" / f"{made.model}.json", made.model_dump(mode="json", by_alias=True))
    return root


def test_the_committed_leaderboard_is_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rlrig_eval.cli import main

    monkeypatch.chdir(REPO)
    monkeypatch.setattr("sys.argv", shlex.split(COMMAND))
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out == (reports_dir() / "leaderboard.md").read_text("utf-8")
    assert f"{COMMAND.partition(' ')[2]} > reports/leaderboard.md" in (REPO / "Makefile").read_text()


def test_the_tables_in_the_readme_are_those_of_the_committed_results() -> None:
    readme = (REPO / "README.md").read_text("utf-8")
    tool = runpy.run_path(str(REPO / "tools" / "readme_tables.py"))
    assert all(f"<!-- {name} -->" in readme for name in tool["TABLES"])
    assert tool["refreshed"](readme) == readme
    assert "tools/readme_tables.py" in (REPO / "Makefile").read_text()


def test_every_committed_result_has_a_row() -> None:
    files = sorted((baselines_dir() / "results").rglob("*.json"))
    models = [json.loads(path.read_text())["model"] for path in files]
    assert sorted(row["model"] for row in leaderboard([baselines_dir() / "results"]).records()) == sorted(models)


def test_results_rank_as_the_runs_they_were_made_of(runs: list[Path], results: Path) -> None:
    ordered = [results / "tiny" / f"{name}.json" for name in ("single", "best-of-n", "loop")]
    columns = ["all_correct", "sg_iou", "rank", "first", "difference", "images_per_prompt", "seconds_per_prompt"]
    from_runs, from_files = leaderboard(runs, columns), leaderboard(ordered, columns)
    assert from_files.notes == from_runs.notes
    for one, other in zip(from_files.records(), from_runs.records(), strict=True):
        seconds = one.pop("seconds_per_prompt"), other.pop("seconds_per_prompt")
        assert one == other
        assert seconds[0] == pytest.approx(seconds[1], rel=1e-9)  # summed in another order


def test_runs_and_results_stand_in_one_table(runs: list[Path], results: Path) -> None:
    table = leaderboard([runs[0], results])
    assert {row["model"] for row in table.records()} == {"single (one)", "single (single)", "best-of-n", "loop"}
    assert all(row["rank"] for row in table.records())


def test_the_reference_is_the_one_that_is_named(results: Path) -> None:
    records = {row["model"]: row for row in leaderboard([results], reference="single").records()}
    assert records["single"]["difference"] is None
    assert records["loop"]["difference"].n == 6
    with pytest.raises(UsageError, match="did you mean 'single'"):
        leaderboard([results], reference="singel")


def test_an_equal_budget_leaves_out_what_cost_more_than_the_one_named(results: Path) -> None:
    entries = read_entries([results])
    dearest = max(entries, key=lambda one: one.cost["images_per_sample"])
    cheapest = min(entries, key=lambda one: one.cost["images_per_sample"])
    images, evaluations = at_equal_budget(entries, dearest.label)
    assert len(images.rows) == 3
    assert "left out: single (unknown denoiser evaluations)" in evaluations.notes[0]
    (images,) = at_equal_budget(entries, cheapest.label)  # the single pass does not say its denoiser evaluations
    assert images.title == "No more images than single"
    assert images.rows == rank(entries, cut=Cut(max_images=cheapest.cost["images_per_sample"])).rows
    assert [row["model"] for row in images.records()] == ["single"]
    with pytest.raises(UsageError, match="unknown run"):
        at_equal_budget(entries, "nobody")


def test_a_baseline_of_before_leaderboards_says_what_to_do(results: Path, tmp_path: Path) -> None:
    old = json.loads((results / "tiny" / "loop.json").read_text())
    del old["standing"]
    (tmp_path / "old.json").write_text(json.dumps(old))
    with pytest.raises(UsageError, match=r"old\.json: .*`baseline write` it again"):
        leaderboard([tmp_path / "old.json"])


def test_a_folder_without_results_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nor a folder of baseline files"):
        leaderboard([tmp_path])


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (("metrics", "all_correct", "mean"), "high", r"metrics\.all_correct\.mean: "),
        (("standing", "by_tag"), {"pair": {"all_correct": {}}}, r"standing\.by_tag\.pair\.all_correct\.mean: "),
        (("standing", "coverage"), {"ok": 1}, r"standing\.coverage\.planned: "),
        (("terms", "protocol"), {"seeds": "all"}, r"terms\.protocol\.seeds: "),
        (("terms", "judges"), [{"name": "me"}], r"terms\.judges\.0\.slug: "),
        (("terms",), {}, r"terms\.suite: "),
        (("terms", "judges"), "x", r"terms\.judges: "),
        (("terms", "protocol"), {"seeds": [0], "variant": "text"}, r"terms\.protocol\.images_per_prompt: "),
        (("terms", "protocol"), {"seeds": [0], "images_per_prompt": 1}, r"terms\.protocol\.variant: "),
        (("metrics", "all_correct", "mean"), math.nan, r"metrics\.all_correct\.mean: "),
        (("standing", "cost"), {"images_per_sample": math.nan}, r"standing\.cost\.images_per_sample: "),
        (("standing", "coverage_by_scorer"), {"graph": {"ok": 1}}, r"standing\.coverage_by_scorer\.graph\.planned: "),
    ],
)
def test_a_damaged_result_is_named_with_its_field(
    results: Path, tmp_path: Path, where: tuple[str, ...], value: object, told: str
) -> None:
    bad = json.loads((results / "tiny" / "loop.json").read_text())
    part = bad
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = value
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    with pytest.raises(UnreadableFile, match=rf"bad\.json: {told}"):
        leaderboard([tmp_path / "bad.json"])
