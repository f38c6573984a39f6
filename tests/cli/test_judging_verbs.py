"""aa and pairwise: what they print and write, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from tests.runs import tiny


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, and scripts for a judge that says yes, one that wavers into prose, and one that prefers the first."""
    folder = tmp_path_factory.mktemp("runs")
    for name, rate in (("good", 0.0), ("bad", 1.0)):
        evaluate(tiny.suite(), "synthetic", options={"error_rate": rate}, limit=6, out=folder / name)
    scripts = {
        "yes": {"reply": "yes"},
        "prose": {"reply": "Yes, I think so."},
        "first": {"reply": '{"reasons": "", "better": "first"}'},
    }
    for name, line in scripts.items():
        (folder / f"{name}.jsonl").write_text(json.dumps(line) + "\n")
    return folder


def judge(runs: Path, name: str, rubric: str | None = None) -> list[str]:
    words = ["--judge", "scripted", "-J", f"replies={runs / name}.jsonl"]
    return [*words, "-J", f"rubric={rubric}"] if rubric else words


def test_aa_on_several_runs_prints_tables_and_writes_a_report(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    report = tmp_path / "judges"
    options = [*judge(runs, "yes", "p-yes"), "--controls", "2", "--report", report]
    done = rlrig_eval("aa", runs / "good", runs / "bad", *options)
    assert (done.code, "flip rate" in done.out, "…" in done.out) == (0, True, False)
    for line in ("Controls: good", "Controls: bad", "asked synonyms", "written 4"):
        assert line in done.out
    text, found = (tmp_path / "judges.md").read_text(), json.loads((tmp_path / "judges.json").read_text())
    for words in ("# scripted as a judge", "rubric p-yes/1", "Agreement with extractor shapes", "all runs"):
        assert words in text
    assert found["command"].startswith("rlrig-eval aa ")
    (together,) = found["together"]
    alone = [one["agreement"][0] for one in found["runs"].values()]
    assert together["all"]["n"] == sum(one["all"]["n"] for one in alone)
    assert set(together["by_kind"]) == {kind for one in alone for kind in one["by_kind"]}
    for name in ("good", "bad"):
        assert json.loads((runs / name / "aa" / "scripted.json").read_text())["controls"]["blank"]["questions"] == 14


def test_aa_leaves_with_1_when_pictures_stay_unscored(rlrig_eval, runs: Path) -> None:
    done = rlrig_eval("aa", runs / "good", *judge(runs, "prose", "p-yes"), "--json")
    assert (done.code, "6 of 6 unscored (the reply is not" in done.err) == (1, True)
    (one,) = json.loads(done.out)["runs"].values()
    assert (one["noise"]["flip_rate"], one["controls"], one["agreement"][0]["all"]["n"]) == (None, {}, 0)


@pytest.mark.parametrize("prefix", ["file/report", "."])
def test_aa_finds_a_report_that_cannot_be_written_before_it_judges(
    rlrig_eval, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rlrig_eval.runs.aa.try_judge", lambda *_, **__: pytest.fail("it was judged first"))
    (tmp_path / "file").touch()
    done = rlrig_eval("aa", runs / "good", *judge(runs, "yes", "p-yes"), "--report", prefix)
    assert (done.code, done.err.startswith("error: "), done.err.count("\n")) == (2, True, 1)


def test_pairwise_leaves_with_2_when_it_cannot_write(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = rlrig_eval(
        "pairwise", runs / "good", runs / "bad", *judge(runs, "first"), "--out", tmp_path / "file" / "out"
    )
    assert (done.code, "cannot write there" in done.err) == (2, True)


def test_pairwise_ranks_and_leaves_with_0(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    verb = ["pairwise", runs / "good", runs / "bad", *judge(runs, "first"), "--out", tmp_path / "out"]
    done = rlrig_eval(*verb, "--format", "md")
    assert (done.code, "Preferred by scripted" in done.out) == (0, True)
    assert "preferred in 100%" in done.out
    found = json.loads(rlrig_eval(*verb, "--json").out)
    assert [one["strength"] for one in found["ranking"]] == pytest.approx([0.0, 0.0])
    assert found == json.loads((tmp_path / "out" / "ranking.json").read_text())


def test_pairwise_leaves_with_1_when_pairs_stay_unscored_and_2_for_a_wrong_word(
    rlrig_eval, runs: Path, tmp_path: Path
) -> None:
    verb = ["pairwise", runs / "good", runs / "bad", "--out", tmp_path / "out"]
    done = rlrig_eval(*verb, *judge(runs, "prose"))
    assert (done.code, "6 of 6 pairs unscored" in done.err) == (1, True)
    assert rlrig_eval(*verb, *judge(runs, "yes", "p-yes")).code == 2
    assert rlrig_eval("pairwise", runs / "good", *judge(runs, "first")).code == 2


def test_pairwise_leaves_with_1_when_pictures_of_pairs_are_missing(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    short = tiny.copy(runs / "bad", tmp_path / "short")
    *lines, _ = (short / "samples.jsonl").read_text().splitlines(keepends=True)
    (short / "samples.jsonl").write_text("".join(lines))
    for name, unscored in (("first", 0), ("prose", 1)):
        out = tmp_path / name
        done = rlrig_eval("pairwise", runs / "good", short, "--out", out, *judge(runs, name))
        assert (done.code, "warning: 1 of 6 pairs in error (short: not drawn)" in done.err) == (1, True)
        assert done.err.count("pairs unscored") == unscored
