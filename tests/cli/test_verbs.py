"""compare, check, baseline, list, validate, doctor, report, view: their answers and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from tests.runs import tiny

SUITE = tiny.suite()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good run, a bad one, one of other seeds, and a baseline of the good one."""
    folder = tmp_path_factory.mktemp("runs")
    for name, rate in (("good", 0.0), ("fair", 0.1), ("bad", 0.9)):
        evaluate(SUITE, "synthetic", options={"error_rate": rate}, out=folder / name)
    evaluate(SUITE, "synthetic", seeds=(1,), out=folder / "other")
    return folder


@pytest.fixture
def baseline(rlrig_eval, runs: Path, tmp_path: Path) -> Path:
    out = tmp_path / "results" / "tiny.json"
    done = rlrig_eval("baseline", "write", runs / "good", "--out", out, "--least-n", "20")
    assert (done.code, "all_correct of synthetic on 30 prompts" in done.out) == (0, True)
    return out


def test_compare_pairs_by_prompt(rlrig_eval, runs: Path) -> None:
    done = rlrig_eval("compare", runs / "good", runs / "bad", "--json")
    found = json.loads(done.out)["comparisons"][0]["metrics"]["all_correct"]
    assert (done.code, found["n"]) == (0, 30)
    assert found["ci95"][0] > 0.5
    assert "all_correct" in rlrig_eval("compare", runs / "good", runs / "bad").out


def test_a_run_does_not_differ_from_itself(rlrig_eval, runs: Path) -> None:
    found = json.loads(rlrig_eval("compare", runs / "bad", runs / "bad", "--json").out)["comparisons"][0]
    assert {difference["mean"] for difference in found["metrics"].values()} == {0.0}


def test_other_seeds_are_not_comparable_unless_forced(rlrig_eval, runs: Path) -> None:
    done = rlrig_eval("compare", runs / "good", runs / "other")
    assert (done.code, "not comparable: protocol" in done.err) == (4, True)
    forced = rlrig_eval("compare", runs / "good", runs / "other", "--force")
    assert (forced.code, "not comparable: protocol" in forced.err) == (0, True)


def test_another_suite_is_not_comparable(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    changed = SUITE.model_copy(update={"version": "2"})
    evaluate(type(SUITE).model_validate(changed.model_dump()), "synthetic", out=tmp_path / "run")
    assert rlrig_eval("compare", runs / "good", tmp_path / "run").code == 4


def test_the_gate_passes_a_run_as_good(rlrig_eval, runs: Path, baseline: Path) -> None:
    done = rlrig_eval("check", runs / "good", "--baseline", baseline, "--json")
    assert (done.code, json.loads(done.out)["verdict"]) == (0, "pass")


def test_the_gate_fails_a_run_that_fell(rlrig_eval, runs: Path, baseline: Path) -> None:
    done = rlrig_eval("check", runs / "bad", "--baseline", baseline)
    assert done.code == 3
    assert done.out.startswith("fail: all_correct")
    assert "Traceback" not in done.err


def test_an_inconclusive_gate_warns_and_fails_only_when_strict(rlrig_eval, runs: Path, baseline: Path) -> None:
    lenient = rlrig_eval("check", runs / "fair", "--baseline", baseline)
    assert (lenient.code, "warning: inconclusive" in lenient.err) == (0, True), lenient
    assert rlrig_eval("check", runs / "fair", "--baseline", baseline, "--strict").code == 3


def test_too_few_prompts_are_inconclusive(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    rlrig_eval("baseline", "write", runs / "good", "--out", tmp_path / "b.json", "--least-n", "31")
    done = rlrig_eval("check", runs / "good", "--baseline", tmp_path / "b.json", "--json")
    assert json.loads(done.out)["verdict"] == "inconclusive"


def test_the_gate_does_not_judge_what_is_not_comparable(rlrig_eval, runs: Path, baseline: Path) -> None:
    assert rlrig_eval("check", runs / "other", "--baseline", baseline).code == 4


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1, "model": "x"}', '{"schema": 9}'])
def test_a_damaged_baseline_is_a_usage_error(rlrig_eval, runs: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    done = rlrig_eval("check", runs / "good", "--baseline", tmp_path / "b.json")
    assert (done.code, "b.json" in done.err) == (2, True)


def test_an_unknown_metric_makes_no_baseline(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    done = rlrig_eval("baseline", "write", runs / "good", "--out", tmp_path / "b.json", "--metric", "sg_iuo")
    assert (done.code, "did you mean 'sg_iou'?" in done.err) == (2, True)


@pytest.mark.parametrize("verb", ["score", "compare", "check", "report", "view"])
def test_a_folder_that_is_no_run_is_a_usage_error(
    rlrig_eval, tmp_path: Path, runs: Path, baseline: Path, verb: str
) -> None:
    more = {"compare": [runs / "good"], "check": ["--baseline", baseline]}
    (empty := tmp_path / "empty").mkdir()
    done = rlrig_eval(verb, empty, *more.get(verb, []))
    assert (done.code, str(empty) in done.err, "Traceback" in done.err) == (2, True, False)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("models", "synthetic"), ("extractors", "shapes"), ("scorers", "graph"), ("suites", "spatial"),
     ("judges", "openai")],
)  # fmt: skip
def test_list_names_them_and_says_what_each_is(rlrig_eval, kind: str, name: str) -> None:
    found = json.loads(rlrig_eval("list", kind, "--json").out)
    assert name in found
    assert all(found.values())
    assert f"{name} " in rlrig_eval("list", kind).out


def test_list_of_an_unknown_kind(rlrig_eval) -> None:
    assert rlrig_eval("list", "modles").code == 2


def test_validate_says_what_is_there(rlrig_eval, suite: Path) -> None:
    done = rlrig_eval("validate", suite)
    assert (done.code, done.out) == (0, f"{suite}: ok\n"), done.err


def test_validate_names_the_scorer_that_a_run_would_not_find(rlrig_eval, suite: Path) -> None:
    header = suite / "suite.yaml"
    header.write_text(f"{header.read_text()}\nscorers: [graph, grahp]\n")
    line = header.read_text().splitlines().index("scorers: [graph, grahp]") + 1
    said = f"error: {header}:{line}: scorers.1: unknown scorer 'grahp': did you mean 'graph'?\n"
    for command in (("validate", suite), ("run", "--suite", suite, "--model", "synthetic", "--dry-run")):
        done = rlrig_eval(*command)
        assert (done.code, done.err) == (2, said)


def test_a_scorer_of_a_suite_that_its_file_has_not_is_named_on_its_line(rlrig_eval, suite: Path) -> None:
    (suite / "mine.py").write_text("def seen(read, prompt, suite): ...\n")
    header = suite / "suite.yaml"
    header.write_text(f"{header.read_text()}\nscorers:\n- graph\n- {suite / 'mine.py'}:sene\n")
    line = len(header.read_text().splitlines())
    for command in (("validate", suite), ("run", "--suite", suite, "--model", "synthetic", "--dry-run")):
        done = rlrig_eval(*command)
        assert (done.code, done.err.startswith(f"error: {header}:{line}: scorers.1: unknown scorer in ")) == (2, True)


def test_report_and_view_rank_and_show(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    done = rlrig_eval("report", runs / "bad", runs / "good", "--format", "md")
    assert (done.code, done.out.count("synthetic") >= 2) == (0, True), done
    assert rlrig_eval("view", runs / "bad", runs / "good", "--bundle", tmp_path / "page").code == 0
    assert (tmp_path / "page" / "index.html").stat().st_size > 10_000
    assert rlrig_eval("view", runs / "bad").code == 0
    assert (runs / "bad" / "report.html").is_file()


def test_report_in_an_unknown_format(rlrig_eval, runs: Path) -> None:
    assert rlrig_eval("report", runs / "good", "--format", "docx").code == 2


def test_help_tells_the_exit_codes(rlrig_eval) -> None:
    done = rlrig_eval("--help")
    assert done.code == 0
    for line in ("0 ok", "1 errors", "2 found before", "3 the gate", "4 not comparable", "130 interrupted"):
        assert line in done.out


@pytest.mark.parametrize("verb", [["run"], ["score"], ["compare"], ["check"], ["baseline", "write"], ["doctor"]])
def test_every_verb_helps(rlrig_eval, verb: list[str]) -> None:
    assert rlrig_eval(*verb, "--help").code == 0


def test_help_shows_an_extra_in_brackets(rlrig_eval) -> None:
    assert "rlrig-eval[quality]" in rlrig_eval("quality", "--help").out


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--model", "synthetic", "--dry-run", "--suite"],
        ["run", "--suite", "geneval", "--model", "synthetic", "--dry-run", "--suite-path"],
        ["validate"],
        ["report"],
        ["score"],
    ],
)
def test_a_name_that_is_too_long_is_a_usage_error(rlrig_eval, command: list[str]) -> None:
    done = rlrig_eval(*command, "x" * 300)
    assert (done.code, (done.err or done.out).count("\n"), "Traceback" in done.err) == (2, 1, False)


def test_an_unknown_verb_suggests_the_nearest(rlrig_eval) -> None:
    done = rlrig_eval("rnu")
    assert (done.code, "run" in done.err) == (2, True)


def test_list_suites_says_what_can_be_imported(rlrig_eval) -> None:
    found = json.loads(rlrig_eval("list", "suites", "--json").out)
    assert found["geneval"] == (
        "GenEval, imported from --suite-path evaluation_metadata.jsonl, or the folder that it lies in; MIT"
    )


def test_validate_says_what_a_download_holds(rlrig_eval, tmp_path: Path) -> None:
    file = tmp_path / "evaluation_metadata.jsonl"
    line = '{"tag": "single_object", "include": [{"class": "circle", "count": 1}], "prompt": "a circle"}'
    file.write_text(f"{line}\n{line}\n")
    done = rlrig_eval("validate", "--suite", "geneval", file)
    assert done.code == 0, done.err
    assert "ok: 2 prompts in 1 groups, 0 questions, 0 prompts without graph\n      2  single_object\n" in done.out
    file.write_text(line.replace("include", "includes"))
    assert rlrig_eval("validate", "--suite", "geneval", file).code == 2


def test_a_calibration_tells_how_far_it_is(rlrig_eval, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("COLUMNS", "300")
    (tmp_path / "yes.jsonl").write_text('{"reply": "yes", "asks": ""}\n')
    judge = ["--judge", "scripted", "-J", f"replies={tmp_path / 'yes.jsonl'}", "-J", "rubric=p-yes"]
    done = rlrig_eval("doctor", "--calibrate", "--scenes", "8", *judge)
    assert done.code == 1  # a judge that always says yes
    for part in ("extractor", "judge"):
        shown = done.err[done.err.index(f"try {part}") :]
        assert "40/40" in shown  # four questions on each scene, and two more where it can be told the wrong way round
