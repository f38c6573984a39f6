"""The leaderboard of real runs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.report import leaderboard
from rlrig_eval.report.cut import Cut
from rlrig_eval.report.entry import read_entries
from rlrig_eval.report.folder import read_runs
from rlrig_eval.report.paper import load_paper, paper_tables
from rlrig_eval.report.ranking import at_equal_budget, by_tag, rank, settings
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs import evaluate, open_run
from rlrig_eval.runs.baseline import Rule, baseline_of
from rlrig_eval.runs.calibration_record import Calibration, Part
from rlrig_eval.runs.compare import differences, require_comparable, terms
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.rescore import rescore
from rlrig_eval.runs.store import samples_file, scores_file
from rlrig_eval.runs.writing import appending
from rlrig_eval.stats import places
from tests.report.contestants import Rounds, Single, named, run, suite


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
    titles = {column.name: column.title for column in leaderboard([runs[1], runs[0]]).columns}
    assert titles["difference"] == "Δ all correct to best-of-n"


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
    table = by_tag(read_entries(runs))
    summary = json.loads((runs[2] / "summary.json").read_text())
    assert [row["tag"] for row in table.records()] == sorted(summary["by_tag"])
    pair = next(row for row in table.records() if row["tag"] == "pair")
    assert pair["all_correct.loop"] == Estimate.model_validate(summary["by_tag"]["pair"]["all_correct"])
    assert pair["prompts"] == 2


def test_runs_that_cannot_be_compared_have_no_best_among_them(runs, tmp_path):
    other = run(tmp_path / "other", suite(seeds=(1, 2)), named("twice", Single(error_rate=0.0)))
    assert leaderboard(runs).best()
    assert not leaderboard([*runs, other]).best()


def test_a_folder_of_runs_is_its_runs(runs, tmp_path):
    for folder in runs[:2]:
        shutil.copytree(folder, tmp_path / "below" / folder.name)
    assert {row["model"] for row in leaderboard([tmp_path]).records()} == {"single", "best-of-n"}


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


@pytest.mark.parametrize("read", [read_entries, read_runs], ids=["leaderboard", "page"])
def test_a_finished_run_that_was_gone_on_with_and_stopped_is_not_read_half_old_half_new(runs, tmp_path, read):
    half = shutil.copytree(runs[0], tmp_path / "half")
    told = json.loads((half / "run.json").read_text())
    (half / "run.json").write_text(json.dumps(told | {"status": "interrupted"}))
    with pytest.raises(UsageError, match=r"half: the run is not finished \(it is interrupted\).*`rlrig-eval score "):
        read([half])


def test_the_same_run_twice_is_a_slip(runs):
    with pytest.raises(UsageError, match="named twice"):
        leaderboard([runs[0], Path(runs[0]) / ".." / runs[0].name])


@pytest.mark.parametrize("number", [0, 1], ids=["of six scored", "of all scored"])
def test_a_picture_that_a_shard_drew_again_counts_before_the_shards_are_merged(runs, tmp_path, number):
    folder = Path(shutil.copytree(runs[number], tmp_path / "again"))
    before = open_run(folder)
    row, score = before.rows["p000#s0"], before.scores["graph"]["p000#s0"]
    (folder / row.image).write_bytes(b"another picture")
    digest = sha256(b"another picture").hexdigest()
    now = 1 - score.values["all_correct"]
    with appending(samples_file(folder, Shard(1, 2))) as append:
        append([row.model_copy(update={"image_sha256": digest})])
    with appending(scores_file(folder, "graph", Shard(1, 2))) as append:
        append([score.model_copy(update={"image_sha256": digest, "values": {**score.values, "all_correct": now}})])
    (entry,), (head,) = read_entries([folder]), read_runs([folder], limit=3)
    assert entry.scores["p000"] == open_run(folder).prompt_scores["all_correct"]["p000"] == now
    assert head.run.rows["p000#s0"].image_sha256 == digest
    assert head.run.prompt_scores["all_correct"]["p000"] == now


def test_a_damaged_summary_is_named_with_its_field(runs, tmp_path):
    bad = shutil.copytree(runs[0], tmp_path / "bad")
    summary = json.loads((bad / "summary.json").read_text())
    summary["metrics"]["all_correct"]["mean"] = "high"
    (bad / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(UnreadableFile, match=r"summary\.json: metrics\.all_correct\.mean: "):
        leaderboard([bad])


def test_columns_are_chosen_and_coverage_protocol_and_settings_stay(runs):
    table = leaderboard(runs, columns=["sg_iou", "laion.sg_iou", "evals_per_prompt"])
    names = [column.name for column in table.columns]
    always = ["coverage", "prompts", "suite", "protocol", "settings"]
    assert names == ["model", "sg_iou", "laion.sg_iou", "evals_per_prompt", *always]
    summary = json.loads((runs[0] / "summary.json").read_text())
    assert _row(table, "single")["laion.sg_iou"] == Estimate.model_validate(summary["metrics"]["laion.sg_iou"])
    assert _row(table, "single")["protocol"] == "seed 0, prompt variant text"
    with pytest.raises(UsageError, match=r"unknown column 'sg_iuo': did you mean 'sg_iou'\?"):
        leaderboard(runs, columns=["sg_iuo"])


COSTS = ["vlm_calls_per_prompt", "vlm_read_per_prompt", "vlm_written_per_prompt", "peak_ram", "peak_gpu"]


def test_tokens_and_peak_memory_are_columns_that_can_be_chosen(runs, tmp_path):
    told = shutil.copytree(runs[2], tmp_path / "told")
    summary, timing = (json.loads((told / f"{name}.json").read_text()) for name in ("summary", "timing"))
    summary["cost"] |= {"vlm_tokens_read_per_sample": 120.5, "vlm_tokens_written_per_sample": 6.0}
    timing["peak_mib_per_sample"] = {"ram": {"mean": 512.0, "max": 1536.0}}
    (told / "summary.json").write_text(json.dumps(summary))
    (told / "timing.json").write_text(json.dumps(timing))
    row = _row(leaderboard([told], columns=COSTS), "loop")
    calls = summary["cost"]["vlm_calls_per_sample"]
    assert [row[name] for name in COSTS] == [calls, 120.5, 6.0, 1.5, None]  # GiB; no GPU was there
    assert not set(COSTS) & leaderboard([told]).records()[0].keys()  # shown when they are asked for


def test_tokens_are_of_a_prompt_and_memory_is_not_added_up(tmp_path):
    twice = run(tmp_path / "twice", suite(seeds=(1, 2)), named("twice", Rounds(0.4, edits=False)))
    told, timing = (json.loads((twice / f"{name}.json").read_text()) for name in ("summary", "timing"))
    row = _row(leaderboard([twice], columns=COSTS), "twice")
    assert row["vlm_calls_per_prompt"] == 2 * told["cost"]["vlm_calls_per_sample"]
    assert row["peak_ram"] == timing["peak_mib_per_sample"]["ram"]["max"] / 1024


def test_a_run_from_before_peaks_were_kept_says_none(runs, tmp_path):
    old = shutil.copytree(runs[0], tmp_path / "old")
    timing = json.loads((old / "timing.json").read_text())
    del timing["peak_mib_per_sample"]
    (old / "timing.json").write_text(json.dumps(timing))
    assert _row(leaderboard([old], columns=["peak_ram"]), "single")["peak_ram"] is None


def test_a_baseline_file_says_what_its_run_took(runs, tmp_path):
    kept, rule = tmp_path / "loop.json", Rule(metric="all_correct", delta=0.02, least_n=1)
    kept.write_text(baseline_of(open_run(runs[2]), rule).model_dump_json(by_alias=True))
    (folder,), (file,) = (leaderboard([path], columns=COSTS).records() for path in (runs[2], kept))
    assert [file[name] for name in COSTS] == [folder[name] for name in COSTS]


def test_a_baseline_file_of_a_run_whose_chain_failed_its_calibration_says_so_wherever_it_is_shown(runs, tmp_path):
    doubtful, kept = tmp_path / "doubtful", tmp_path / "kept.json"
    shutil.copytree(runs[0], doubtful)
    found = Calibration(scenes=8, side=64, parts=(Part(chain="extractor shapes 1", trouble="reads the wrong way"),))
    config = json.loads((doubtful / "run.json").read_text()) | {"calibration": found.model_dump(mode="json")}
    (doubtful / "run.json").write_text(json.dumps(config))
    rule = Rule(metric="all_correct", delta=0.02, least_n=1)
    kept.write_text(baseline_of(open_run(doubtful), rule).model_dump_json(by_alias=True))
    for path in (doubtful, kept):
        assert found.failure in leaderboard([path]).title
        assert found.failure in paper_tables(load_paper("rl-rig"), [path])[-1].records()[0]["how"]


def test_ranks_are_those_of_the_scores_that_all_share(runs):
    opened = {one.label: one.run for one in read_runs(runs)}
    expected = places({name: one.prompt_scores["all_correct"] for name, one in opened.items()}, opened["loop"].groups)
    for name, place in expected.items():
        assert (_row(leaderboard(runs), name)["rank"], _row(leaderboard(runs), name)["first"]) == (
            str(place),
            place.first,
        )
    assert "rank" not in leaderboard(runs[:1]).records()[0]


def test_a_run_of_another_protocol_has_no_rank(runs, tmp_path):
    other = run(tmp_path / "other", suite(seeds=(1, 2)), named("twice", Single(error_rate=0.0)))
    table = leaderboard([*runs, other])
    assert _row(table, "twice")["rank"] is None
    assert _row(table, "single")["rank"] is not None


def test_a_run_of_fewer_prompts_ranks_nobody_and_says_so(runs, tmp_path):
    few = named("few", Single(error_rate=0.0))
    small = evaluate(suite(), few, limit=4, out=tmp_path / "few").folder
    table, without = leaderboard([*runs, small]), leaderboard(runs)
    for name in ("single", "best-of-n", "loop"):
        row, before = _row(table, name), _row(without, name)
        assert (row["rank"], row["first"]) == (before["rank"], before["first"])
    row = _row(table, "few")
    assert (row["rank"], row["first"], row["prompts"], row["coverage"]) == (None, None, "4/4", 1.0)
    assert _row(table, "single")["prompts"] == "6/8"
    assert table.records()[-1]["model"] == "few"  # though all it drew is right
    assert not table.best()
    assert table.notes[-1].startswith("No rank for few (4 prompts): others planned 8")
    assert "No rank" not in " ".join(without.notes)
    alone = leaderboard([runs[1], small])
    assert "rank" not in alone.records()[0]


def test_the_note_on_ranks_says_on_how_many_prompts_they_rest(runs, tmp_path):
    assert "over the 6 prompts that all of them scored" in leaderboard(runs).notes[-1]
    assert "over the 8 prompts that all of them scored" in leaderboard(runs[1:]).notes[-1]
    two = [run(tmp_path / name, suite(seeds=(1, 2)), named(name, Single(0.5))) for name in ("c", "d")]
    assert "over the 8 or 6 prompts that all of them scored" in leaderboard([*runs[1:], *two]).notes[-1]


def test_a_cut_leaves_out_what_drew_more_and_says_so(runs):
    table = leaderboard(runs, cut=Cut(max_images=1))
    assert [row["model"] for row in table.records()] == ["single"]
    assert table.notes[0].startswith("Cut at 1 images a sample; left out: best-of-n (")
    with pytest.raises(UsageError, match="no run is left"):
        leaderboard(runs, cut=Cut(max_images=0.5))


def test_a_run_that_does_not_say_its_cost_is_left_out_by_a_cut(runs, tmp_path):
    silent = shutil.copytree(runs[0], tmp_path / "silent")
    summary = json.loads((silent / "summary.json").read_text())
    summary["cost"]["denoiser_evals_per_sample"] = None
    (silent / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(UsageError, match=r"no run is left .*unknown"):
        leaderboard([silent], cut=Cut(max_evals=10_000))


def _row(table, model):
    return next(row for row in table.records() if row["model"] == model)


def test_two_judges_of_one_name_that_were_added_later_do_not_share_a_column(runs, tmp_path):
    (tmp_path / "same.jsonl").write_text(json.dumps({"reply": "yes"}) + "\n")
    same = {"replies": str(tmp_path / "same.jsonl"), "rubric": "p-yes"}
    for reply in ("yes", "no"):
        out = shutil.copytree(runs[1], tmp_path / reply)
        script = tmp_path / f"{reply}.jsonl"
        script.write_text(json.dumps({"reply": reply}) + "\n")
        rescore(out, judge=("scripted", {"replies": str(script), "rubric": "p-yes"}))
    one, other, unjudged = read_entries([tmp_path / "yes", tmp_path / "no", runs[1]])
    names = [{name for name in entry.metrics if name.startswith("judge.")} for entry in (one, other)]
    assert not names[0] & names[1]
    assert all(name.startswith("judge.scripted@") for name in names[0] | names[1])
    for name in ("yes", "no"):  # a judge that both have, whose name begins with that of the one that differs
        rescore(tmp_path / name, judge=("scripted", {**same, "name": "scripted.1"}))
    shared, _ = read_entries([tmp_path / "yes", tmp_path / "no"])
    assert "judge.scripted.1" in shared.metrics
    (alone, _) = read_entries([tmp_path / "yes", runs[1]])
    assert "judge.scripted" in alone.metrics
    assert one.comparable(other)
    assert one.comparable(unjudged)


def test_a_judge_that_was_added_later_is_the_same_as_one_from_the_start(runs, tmp_path):
    """The leaderboard compares what `compare` does."""
    (tmp_path / "yes.jsonl").write_text(json.dumps({"reply": "yes"}) + "\n")
    judge = "scripted", {"replies": str(tmp_path / "yes.jsonl"), "rubric": "p-yes"}
    named_one = named("judged", Rounds(error_rate=0.5, edits=False))
    first = evaluate(suite(), named_one, judge=judge[0], judge_options=judge[1], out=tmp_path / "judged").folder
    later = shutil.copytree(runs[1], tmp_path / "later")
    rescore(later, judge=judge)
    require_comparable(*(terms(open_run(folder).config) for folder in (first, later)))
    row = _row(leaderboard([first, later]), "best-of-n")
    assert (row["difference"].n, row["rank"] is None) == (8, False)
    without = _row(leaderboard([first, runs[1]]), "best-of-n")
    assert not {"difference", "rank"} & without.keys()


def test_coverage_is_that_of_the_scorer_of_the_score_beside_it(runs, tmp_path):
    out = shutil.copytree(runs[1], tmp_path / "unjudged")
    (tmp_path / "odd.jsonl").write_text(json.dumps({"reply": "perhaps"}) + "\n")
    rescore(out, judge=("scripted", {"replies": str(tmp_path / "odd.jsonl"), "rubric": "p-yes"}))
    assert json.loads((out / "summary.json").read_text())["coverage"]["ok"] == 0
    kept, rule = tmp_path / "file.json", Rule(metric="all_correct", delta=0.02, least_n=1)
    kept.write_text(baseline_of(open_run(out), rule).model_dump_json(by_alias=True))
    for path in (out, kept):
        assert _row(leaderboard([path]), "best-of-n")["coverage"] == 1.0
        assert _row(leaderboard([path], ["judge.scripted"]), "best-of-n")["coverage"] == 0.0
    *_, reproduced = paper_tables(load_paper("rl-rig"), [out])
    assert "8/8 scored" in reproduced.records()[0]["how"]


def test_a_run_that_a_named_folder_holds_is_not_named_again(runs):
    with pytest.raises(UsageError, match="the run is named twice"):
        read_entries([runs[0].parent, runs[0]])


def test_a_run_without_a_score_takes_no_rank_from_the_others(runs):
    entries = read_entries(runs)
    silent = replace(entries[0], label="silent", scores=dict.fromkeys(entries[0].scores))
    found = {row["model"]: row.get("rank") for row in rank([*entries, silent]).records()}
    assert found["silent"] is None
    assert found["loop"] is not None


def test_runs_that_a_scorer_of_one_s_own_scored_alone_are_shown_by_its_metrics(runs):
    """The usual columns would all be blank."""
    own = [replace(one, metrics={"crowding": one.metrics["all_correct"]}) for one in read_entries(runs)]
    shown = rank(own)
    assert [column.name for column in shown.columns][:2] == ["model", "crowding"]
    assert not {"all_correct", "sg_iou"} & {column.name for column in shown.columns}
    assert all(row["crowding"].mean is not None for row in shown.records())


def test_a_column_that_is_named_twice_is_shown_once(runs):
    shown = [column.name for column in leaderboard(runs, columns=["sg_iou", "sg_iou"]).columns]
    assert shown.count("sg_iou") == 1


def test_a_cut_that_leaves_one_run_has_no_rank_to_show(runs):
    entries = read_entries(runs)
    tables = at_equal_budget(entries, "single", ["all_correct", "rank", "difference"])
    assert all("all_correct" in {column.name for column in table.columns} for table in tables)
    with pytest.raises(UsageError, match="rnak"):
        at_equal_budget(entries, "single", ["rnak"])
