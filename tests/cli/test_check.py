"""rlrig-eval check and baseline write: verdicts, exit codes, and the formats that CI reads."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from rlrig_eval import evaluate
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
    assert (done.code, done.out) == (0, "pass: exact gate, every score is that of synthetic\n")


def test_the_exact_gate_fails_on_a_single_score(rlrig_eval, runs: Path, exact: Path) -> None:
    document = json.loads(exact.read_text())
    document["prompts"]["requirements"]["p03"] = 0.5  # the run is better than that: it differs all the same
    exact.write_text(json.dumps(document))
    done = rlrig_eval("check", runs / "good", "--baseline", exact)
    assert done.code == 3
    assert done.out == "fail: exact gate, 1 scores differ from synthetic\nchanged: requirements/p03\n"


def test_an_unknown_format_and_a_metric_that_the_file_does_not_hold(rlrig_eval, runs: Path, baseline: Path) -> None:
    assert rlrig_eval("check", runs / "good", "--baseline", baseline, "--format", "xml").code == 2
    document = json.loads(baseline.read_text())
    document["rule"]["metric"] = "all_corect"
    baseline.write_text(json.dumps(document))
    done = rlrig_eval("check", runs / "good", "--baseline", baseline)
    assert (done.code, "did you mean 'all_correct'?" in done.err) == (2, True)


def test_an_annotation_escapes_what_would_end_it(runs: Path, baseline: Path) -> None:
    from dataclasses import replace

    from rlrig_eval.report.verdict import render_check
    from rlrig_eval.runs import open_run
    from rlrig_eval.runs.baseline import Baseline, held_against
    from rlrig_eval.runs.store import read_document

    found = held_against(open_run(runs / "good"), read_document(baseline, Baseline))
    odd = replace(found, model="a,b:c\n100%", baseline="x\n::error::y")
    line = render_check(odd, "github")
    assert line.count("\n") == 1
    assert "title=a%2Cb%3Ac%0A100%25 on" in line
    assert ElementTree.fromstring(render_check(replace(found, model='<&">'), "junit")) is not None
