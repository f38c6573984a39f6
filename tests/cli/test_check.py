"""rlrig-eval check and baseline write: verdicts, exit codes, and the formats that CI reads."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from rlrig_eval.models import Failure, Job
from rlrig_eval.models.synthetic import Synthetic
from rlrig_eval.plugins import load
from rlrig_eval.runs import open_run
from rlrig_eval.runs.baseline import Baseline, Check, Rule, baseline_of, held_against
from rlrig_eval.runs.calibration_record import Calibration, Part
from rlrig_eval.runs.compare import terms
from rlrig_eval.runs.rescore import rescore
from rlrig_eval.suite.schema import ErrorPolicy
from tests.runs import tiny

SUITE = tiny.suite()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name, rate in (("good", 0.0), ("again", 0.0), ("fair", 0.1), ("bad", 0.9)):
        evaluate(SUITE, "synthetic", options={"error_rate": rate}, out=folder / name)
    return folder


@pytest.fixture
def baseline(rlrig_eval, runs: Path, tmp_path: Path) -> Path:
    out = tmp_path / "statistical.json"
    assert rlrig_eval("baseline", "write", runs / "good", "--out", out, "--least-n", "20").code == 0
    return out


@pytest.fixture
def exact(rlrig_eval, runs: Path, tmp_path: Path) -> Path:
    out = tmp_path / "exact.json"
    assert rlrig_eval("baseline", "write", runs / "good", "--out", out, "--exact").code == 0
    return out


def test_a_baseline_says_how_it_was_made(baseline: Path, runs: Path) -> None:
    made, config = json.loads(baseline.read_text()), json.loads((runs / "good" / "run.json").read_text())
    assert made["how"] == config["provenance"]
    assert made["how"]["argv"]
    assert made["how"]["packages"]["numpy"]
    assert made["how"]["hardware"]["cpus"] >= 1
    assert made["rule"] == {"gate": "statistical", "metric": "all_correct", "delta": 0.05, "least_n": 20}
    assert len(made["prompts"]["all_correct"]) == 30


def distrusted(run: Path, to: Path) -> Path:
    """The run as it is when its chain failed the calibration that was asked for."""
    tiny.copy(run, to)
    found = Calibration(scenes=8, side=64, parts=(Part(chain="extractor shapes 1", trouble="reads the wrong way"),))
    config = json.loads((to / "run.json").read_text()) | {"calibration": found.model_dump(mode="json")}
    (to / "run.json").write_text(json.dumps(config))
    return to


@pytest.mark.parametrize("doubtful", ["the run", "the baseline"])
def test_a_chain_that_failed_its_calibration_is_named_in_every_format_and_its_verdict_stands(
    rlrig_eval, runs: Path, baseline: Path, tmp_path: Path, doubtful: str
) -> None:
    run = distrusted(runs / "good", tmp_path / "doubtful")
    if doubtful == "the baseline":
        done = rlrig_eval("baseline", "write", run, "--out", baseline, "--least-n", "20")
        assert (done.code, "warning: CALIBRATION FAILED: extractor shapes 1" in done.err) == (0, True)
        run = runs / "good"
    for format in ("text", "json", "junit", "github"):
        done = rlrig_eval("check", run, "--baseline", baseline, "--format", format)
        assert done.code == 0
        assert "CALIBRATION FAILED: extractor shapes 1: reads the wrong way" in done.err
        assert format == "text" or "CALIBRATION FAILED: extractor shapes 1" in done.out
    assert done.out.startswith("::warning")


VERDICTS = [("good", "pass"), ("fair", "inconclusive"), ("bad", "fail")]


@pytest.mark.parametrize(("run", "verdict"), VERDICTS)
@pytest.mark.parametrize("strict", [False, True])
def test_one_value_decides_text_json_xml_annotation_and_exit_code(
    rlrig_eval, runs: Path, baseline: Path, run: str, verdict: str, strict: bool
) -> None:
    shut = verdict == "fail" or (strict and verdict == "inconclusive")
    flags = ["--strict"] if strict else []
    done = {
        form: rlrig_eval("check", runs / run, "--baseline", baseline, "--format", form, *flags)
        for form in ("text", "json", "junit", "github")
    }
    assert {one.code for one in done.values()} == {3 if shut else 0}
    assert done["text"].out.startswith(f"{verdict}: all_correct")
    document = json.loads(done["json"].out)
    assert (document["verdict"], document["failed"]) == (verdict, shut)
    suite = ElementTree.fromstring(done["junit"].out).find("testsuite")
    kinds = [child.tag for child in suite.find("testcase")]
    expected = "failure" if shut else "skipped" if verdict == "inconclusive" else "system-out"
    assert kinds == [expected]
    assert (suite.get("failures"), suite.get("skipped")) == (str(int(shut)), str(int(expected == "skipped")))
    level = "error" if shut else "warning" if verdict == "inconclusive" else "notice"
    assert done["github"].out.startswith(f"::{level} title=synthetic on tiny 1 test::{verdict}: all_correct")
    assert done["github"].out.count("\n") == 1


def test_the_prompts_that_fell_are_named(rlrig_eval, runs: Path, baseline: Path) -> None:
    done = rlrig_eval("check", runs / "bad", "--baseline", baseline, "--json")
    moved = json.loads(done.out)["moved"]
    assert len(moved) > 20
    text = rlrig_eval("check", runs / "bad", "--baseline", baseline).out
    assert f"fell: {', '.join(moved[:10])} and {len(moved) - 10} more" in text


def test_the_exact_gate_passes_what_comes_out_the_same_again(rlrig_eval, runs: Path, exact: Path) -> None:
    done = rlrig_eval("check", runs / "again", "--baseline", exact, "--strict")
    assert (done.code, done.out) == (0, "pass: exact gate, every score is that of synthetic, coverage 30/30\n")


def test_the_exact_gate_fails_on_a_single_score(rlrig_eval, runs: Path, exact: Path) -> None:
    document = json.loads(exact.read_text())
    document["prompts"]["requirements"]["p03"] = 0.5  # the run is better than that: it differs all the same
    exact.write_text(json.dumps(document))
    done = rlrig_eval("check", runs / "good", "--baseline", exact)
    assert done.code == 3
    assert done.out == "fail: exact gate, 1 scores differ from synthetic, coverage 30/30\nchanged: requirements/p03\n"


def test_an_unknown_format_and_a_metric_that_the_file_does_not_hold(rlrig_eval, runs: Path, baseline: Path) -> None:
    assert rlrig_eval("check", runs / "good", "--baseline", baseline, "--format", "xml").code == 2
    document = json.loads(baseline.read_text())
    document["rule"]["metric"] = "all_corect"
    baseline.write_text(json.dumps(document))
    done = rlrig_eval("check", runs / "good", "--baseline", baseline)
    assert (done.code, "did you mean 'all_correct'?" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (("terms", "judges"), "x", "terms.judges: "),
        (("terms", "protocol"), {"seeds": [0], "variant": "text"}, "terms.protocol.images_per_prompt: Field required"),
        (("prompts", "all_correct", "p00"), math.nan, "prompts.all_correct.p00: Input should be a finite number"),
        (("standing", "seconds_per_sample"), math.inf, "standing.seconds_per_sample: Input should be a finite number"),
    ],
)
def test_a_file_that_is_not_whole_is_no_baseline(
    rlrig_eval, runs: Path, baseline: Path, where: Sequence[str], value: object, told: str
) -> None:
    document = json.loads(baseline.read_text())
    part = document
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = value
    baseline.write_text(json.dumps(document))
    done = rlrig_eval("check", runs / "good", "--baseline", baseline)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert told in done.err


def test_a_baseline_that_is_read_says_what_was_written(runs: Path, tmp_path: Path) -> None:
    """Judges and options too, of which the file says more than is read by name."""
    silent = tmp_path / "silent.jsonl"
    silent.write_text(json.dumps({"reply": "yes"}) + "\n")
    asked = {"judge": "scripted", "judge_options": {"replies": str(silent), "rubric": "p-yes"}}
    run = open_run(evaluate(SUITE, "synthetic", **asked, limit=4, out=tmp_path / "judged").folder)
    made = baseline_of(run, RULE)
    assert made.terms.as_dict() == terms(run.config)
    assert Baseline.model_validate_json(made.model_dump_json(by_alias=True)) == made


def test_an_annotation_escapes_what_would_end_it(runs: Path, baseline: Path) -> None:
    from dataclasses import replace

    from rlrig_eval.report.verdict import render_check
    from rlrig_eval.runs.store import read_document

    found = held_against(open_run(runs / "good"), read_document(baseline, Baseline))
    odd = replace(found, model="a,b:c\n100%", baseline="x\n::error::y")
    line = render_check(odd, "github")
    assert line.count("\n") == 1
    assert "title=a%2Cb%3Ac%0A100%25 on" in line
    assert ElementTree.fromstring(render_check(replace(found, model='<&">'), "junit")) is not None


class Ashamed(Synthetic):
    """Fails wherever it would be wrong: what it has to show is all right."""

    def generate(self, jobs: Sequence[Job]) -> list:
        return [
            Failure("ashamed") if self.mistaken(job) else one
            for job, one in zip(jobs, super().generate(jobs), strict=True)
        ]


class Twice(Synthetic):
    """Fails on the second seed of every prompt."""

    def generate(self, jobs: Sequence[Job]) -> list:
        drawn = zip(jobs, super().generate(jobs), strict=True)
        return [Failure("once is enough") if job.seed else one for job, one in drawn]


RULE = Rule(metric="all_correct", delta=0.05, least_n=5)


def halved(run: Path, to: Path, rows: int = 12) -> Path:
    """The run as it was when it was interrupted after so many samples."""
    tiny.copy(run, to)
    for name in ("samples.jsonl", *(f"scores/{path.name}" for path in (run / "scores").iterdir())):
        (to / name).write_text("".join((run / name).read_text().splitlines(keepends=True)[:rows]))
    for name in ("summary.json", "timing.json"):
        (to / name).unlink()
    config = json.loads((to / "run.json").read_text()) | {"status": "interrupted"}
    (to / "run.json").write_text(json.dumps(config))
    return to


def checked(run: Path, baseline: Path, rule: Rule = RULE) -> Check:
    return held_against(open_run(run), baseline_of(open_run(baseline), rule))


def test_a_model_that_fails_where_it_is_wrong_does_not_pass(rlrig_eval, runs: Path, baseline: Path, tmp_path) -> None:
    found = checked(evaluate(SUITE, Ashamed(0.4), out=tmp_path / "ashamed").folder, runs / "good")
    failed = sum(found.lost.values())
    assert found.gate.verdict == "pass"  # of what is there, nothing is wrong
    assert 5 < failed < 25
    assert (found.verdict, found.owed, found.coverage["error"]) == ("inconclusive", 30, failed)
    flags = ("--baseline", baseline, "--format", "json")
    assert rlrig_eval("check", tmp_path / "ashamed", *flags).code == 0
    done = rlrig_eval("check", tmp_path / "ashamed", *flags, "--strict")
    assert (done.code, json.loads(done.out)["verdict"]) == (3, "inconclusive")
    text = rlrig_eval("check", tmp_path / "ashamed", "--baseline", baseline)
    assert f"coverage {30 - failed}/30, {failed} of 30 samples unscored that the baseline has scored" in text.out
    assert f"unscored: {', '.join(list(found.lost)[:10])}" in text.out
    assert "the suite forgives 2.0%" in text.err
    assert f"warning: {failed} of 30 samples are in error" in text.err


def test_a_run_that_is_not_finished_does_not_pass(rlrig_eval, runs: Path, exact: Path, tmp_path: Path) -> None:
    half = halved(runs / "good", tmp_path / "half")
    found = checked(half, runs / "good")
    assert (found.gate.verdict, found.verdict) == ("pass", "inconclusive")
    assert (found.gate.n, found.owed, sum(found.lost.values())) == (12, 30, 18)
    assert "the run is not finished (interrupted)" in found.doubts
    # All that the baseline has is there: the run planned more, and is not finished all the same.
    few = evaluate(SUITE, "synthetic", limit=12, out=tmp_path / "few").folder
    ahead = checked(half, few)
    assert (ahead.verdict, ahead.doubts) == ("inconclusive", ("the run is not finished (interrupted)",))
    alike = checked(half, few, RULE.model_copy(update={"gate": "exact"}))
    assert (alike.verdict, alike.moved) == ("inconclusive", ())
    # A fall is a fall, in however few.
    assert checked(halved(runs / "bad", tmp_path / "worse"), runs / "good").verdict == "fail"


def test_a_run_with_a_limit_is_held_to_what_it_planned(runs: Path, tmp_path: Path) -> None:
    found = checked(evaluate(SUITE, "synthetic", limit=12, out=tmp_path / "few").folder, runs / "good")
    assert (found.verdict, found.owed, dict(found.lost), found.doubts) == ("pass", 12, {}, ())


def test_what_the_baseline_has_not_scored_is_no_gap(runs: Path, tmp_path: Path) -> None:
    shy = evaluate(SUITE, Ashamed(0.4), out=tmp_path / "shy").folder
    again = checked(tiny.copy(shy, tmp_path / "again"), shy)
    assert (again.verdict, dict(again.lost)) == ("pass", {})
    assert again.owed == again.coverage["ok"] < 30


@pytest.mark.parametrize(("gone", "verdict"), [(3, "pass"), (4, "inconclusive")])
def test_as_much_may_be_missing_as_the_suite_forgives(rlrig_eval, tmp_path: Path, gone: int, verdict: str) -> None:
    lenient = SUITE.model_copy(update={"error_policy": ErrorPolicy(min_coverage=0.9)})
    whole = evaluate(lenient, "synthetic", out=tmp_path / "whole").folder
    baseline = tmp_path / "base.json"
    baseline.write_text(baseline_of(open_run(whole), RULE).model_dump_json(by_alias=True))
    ids = [prompt.id for prompt in SUITE.prompts][:gone]

    class Shy(Synthetic):
        def generate(self, jobs: Sequence[Job]) -> list:
            drawn = zip(jobs, super().generate(jobs), strict=True)
            return [Failure("shy") if job.prompt_id in ids else one for job, one in drawn]

    shy = evaluate(lenient, Shy(), out=tmp_path / "shy").folder
    done = rlrig_eval("check", shy, "--baseline", baseline, "--format", "github")
    assert done.code == 0
    assert done.out.startswith(
        f"::warning title=Shy on tiny 1 test::{verdict}: all_correct"
    )  # a pass is no notice here
    assert f"warning: {gone} of 30 samples are in error" in done.out


def test_a_seed_that_fails_is_not_hidden_by_one_that_does_not(runs: Path, tmp_path: Path) -> None:
    seeds = (0, 1)
    both = evaluate(SUITE, "synthetic", seeds=seeds, out=tmp_path / "both").folder
    once = evaluate(SUITE, Twice(), seeds=seeds, out=tmp_path / "once").folder
    found = checked(once, both)
    assert (found.gate.n, found.owed, sum(found.lost.values())) == (30, 60, 30)
    assert (found.gate.verdict, found.verdict) == ("pass", "inconclusive")
    made = baseline_of(open_run(once), RULE)
    assert made.partly["all_correct"] == {prompt.id: 1 for prompt in SUITE.prompts}
    assert baseline_of(open_run(both), RULE).partly == {}
    again = held_against(open_run(once), Baseline.model_validate_json(made.model_dump_json(by_alias=True)))
    assert (again.verdict, again.owed, dict(again.lost)) == ("pass", 30, {})


def test_coverage_is_by_the_scorer_of_the_metric(runs: Path, tmp_path: Path) -> None:
    """A judge that says nothing takes nothing from what the graph scores."""
    judged = tiny.copy(runs / "good", tmp_path / "judged")
    silent = tmp_path / "silent.jsonl"
    silent.write_text(json.dumps({"reply": "perhaps"}) + "\n")
    rescore(judged, judge=("scripted", {"replies": str(silent), "rubric": "p-yes"}))
    found = checked(judged, runs / "good")
    assert (found.verdict, found.coverage["ok"], found.shortfall) == ("pass", 30, None)


@pytest.mark.parametrize("rule", [("--metric", "share.x", "--least-n", "20"), ("--exact",)])
def test_a_scorer_s_file_that_has_changed_since_the_baseline_is_not_held_against_it(
    rlrig_eval, runs: Path, tmp_path: Path, rule: Sequence[str]
) -> None:
    scorer, kept = tmp_path / "mine.py", tmp_path / "kept.json"
    for run, value in (("then", 0.5), ("now", 0.25)):
        tiny.copy(runs / "good", tmp_path / run)
        scorer.write_text(f"from rlrig_eval.runs import Scores\ndef share(*_):\n    return Scores({{'x': {value}}})\n")
        load.cache_clear()
        assert rlrig_eval("score", tmp_path / run, "--scorer", f"{scorer}:share").code == 0
    assert rlrig_eval("baseline", "write", tmp_path / "then", "--out", kept, *rule).code == 0
    assert rlrig_eval("check", tmp_path / "then", "--baseline", kept).code == 0
    done = rlrig_eval("check", tmp_path / "now", "--baseline", kept)
    assert (done.code, "not comparable: share.x: the runs were scored by two files" in done.err) == (4, True)
