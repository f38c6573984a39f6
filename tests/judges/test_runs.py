"""Judges in a run: verdicts beside scores, drawing that goes on without them, resuming, and what files say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import stamina
from pytest_httpserver import HTTPServer
from werkzeug import Response

from rlrig_eval import evaluate
from rlrig_eval.errors import Exit, NotComparable, UsageError
from rlrig_eval.judges import traffic
from rlrig_eval.plugins import load
from rlrig_eval.runs import open_run
from rlrig_eval.runs.aa import try_judge
from rlrig_eval.runs.compare import require_comparable, terms
from rlrig_eval.runs.latest import read_scores
from rlrig_eval.runs.rescore import rescore
from tests.judges import server as s
from tests.judges.faults import LASTING, Bad, slow
from tests.runs import tiny
from tests.runs.test_kill import SLOW, undisturbed, wait_for

SUITE = tiny.suite()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", s.KEY)
    monkeypatch.setattr(traffic, "LONGEST_WAIT", 1.0)  # a server that says "in an hour" is not asked for a second


def script(folder: Path, *lines: dict) -> dict[str, str]:
    path = folder / "script.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {"replies": str(path), "rubric": "p-yes"}


def remote(server: HTTPServer, **options: str) -> dict[str, str]:
    return {"model": "vlm", "base_url": server.url_for("/v1"), "cache": "off", "attempts": "2", **options}


def run(out: Path, judge: str, options: dict[str, str], **more):
    return evaluate(SUITE, "synthetic", limit=8, batch_size=3, out=out, judge=judge, judge_options=options, **more)


def test_verdicts_stand_beside_scores(tmp_path: Path) -> None:
    done = run(tmp_path / "run", "scripted", script(tmp_path, {"reply": "no", "asks": "left of"}, {"reply": "yes"}))
    assert done.exit_code is Exit.OK
    metric = done.summary["metrics"]["judge.scripted"]
    assert (metric["n"], 0.9 < metric["mean"] < 1.0) == (8, True)
    assert done.summary["coverage_by_scorer"]["judge.scripted"]["ok"] == 8
    assert done.summary["judges"][0]["rubric"] == "p-yes/1"
    assert done.summary["judges"][0]["usage"]["calls"] == 8 * 7
    row = read_scores(tmp_path / "run", "judge.scripted")["p00#s0"]
    assert (row.evidence["answers"]["relation:0"], row.values["all_correct"]) == (0.0, 0.0)


def test_the_bundled_judge_judges(tmp_path: Path) -> None:
    done = run(tmp_path / "run", "shapes-vlm", {})
    assert done.exit_code is Exit.OK
    assert done.summary["coverage_by_scorer"]["judge.shapes-vlm"] == {"planned": 8, "ok": 8, "error": 0, "unscored": 0}
    assert 0.0 < done.summary["metrics"]["judge.shapes-vlm.soft_am"]["mean"] < 1.0


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that no judge has seen."""
    out = tmp_path_factory.mktemp("drawn") / "run"
    evaluate(SUITE, "synthetic", limit=4, out=out)
    return out


@pytest.fixture(scope="module")
def whole(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The summary of that run, judged by a server without a fault."""
    out = tiny.copy(drawn, tmp_path_factory.mktemp("whole") / "run")
    with HTTPServer() as server:
        s.serve(server, s.all_yes)
        assert rescore(out, judge=("openai", remote(server, patience="0.5"))).exit_code is Exit.OK
    return (out / "summary.json").read_bytes()


FAULTS: dict[str, tuple[Bad, dict[str, str]]] = {name: (bad, {}) for name, (bad, _) in LASTING.items()}
FAULTS["slow"] = slow, {"timeout": "0.5"}


@pytest.mark.parametrize(("bad", "options"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_makes_no_zero_loses_no_sample_and_a_healthy_judge_completes(
    httpserver: HTTPServer, drawn: Path, whole: bytes, tmp_path: Path, bad: Bad, options: dict[str, str]
) -> None:
    out = tiny.copy(drawn, tmp_path / "run")
    s.serve(httpserver, lambda asked: bad())
    with stamina.set_testing(True, attempts=2):
        done = rescore(out, judge=("openai", remote(httpserver, patience="0.5", **options)))
    assert done.exit_code is Exit.RUN
    assert "judge.vlm: 4 of 4 pictures are unscored" in done.shortfall
    summary = json.loads((out / "summary.json").read_text())
    assert summary["metrics"]["judge.vlm"] == {"mean": None, "ci95": [None, None], "n": 0}
    assert summary["metrics"]["all_correct"]["n"] == 4
    assert summary["coverage_by_scorer"]["judge.vlm"] == {"planned": 4, "ok": 0, "error": 0, "unscored": 4}
    assert summary["coverage_by_scorer"]["graph"]["ok"] == 4

    httpserver.clear()
    s.serve(httpserver, s.all_yes)
    again = rescore(out, judge=("openai", remote(httpserver)))  # as patient as it is by default
    assert (again.exit_code, again.summary["metrics"]["judge.vlm"]["mean"]) == (Exit.OK, 1.0)
    assert (out / "summary.json").read_bytes() == whole


def test_a_fault_while_drawing_stops_no_drawing(httpserver: HTTPServer, tmp_path: Path) -> None:
    s.serve(httpserver, lambda asked: Response("", 500))
    done = run(tmp_path / "run", "openai", remote(httpserver, patience="0.5"))
    assert (done.exit_code, done.summary["metrics"]["all_correct"]["n"]) == (Exit.RUN, 8)
    httpserver.clear()
    s.serve(httpserver, s.all_yes)
    again = run(tmp_path / "run", "openai", remote(httpserver, patience="0.5"))
    assert (again.exit_code, again.summary["metrics"]["judge.vlm"]["n"]) == (Exit.OK, 8)


def test_a_judge_that_cannot_be_loaded_stops_nothing(tmp_path: Path) -> None:
    done = run(tmp_path / "run", "local", {"model": str(tmp_path / "nothing")})
    assert done.exit_code is Exit.RUN
    assert "cannot be used" in done.shortfall
    assert done.summary["metrics"]["all_correct"]["n"] == 8


LAZY = """
import threading, time

LOADING = threading.Lock()

class Lazy:
    rubric = "p-yes"
    def __init__(self):
        if not LOADING.acquire(blocking=False):
            raise ImportError("cannot import name 'AutoModel': two threads import it at once")
        time.sleep(0.2)
        LOADING.release()
    def replies(self, requests):
        from rlrig_eval.judges import Reply
        return (Reply("yes", p_yes=1.0) for _ in requests)
"""


def test_of_two_judges_that_owe_verdicts_one_loads_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text(LAZY)
    lazy = f"{tmp_path / 'lazy.py'}:Lazy"
    run(tmp_path / "run", lazy, {"name": "a"}, max_calls=0)
    done = rescore(tmp_path / "run", judge=(lazy, {"name": "b"}))
    assert (done.exit_code, done.shortfall) == (Exit.OK, None)
    assert [done.summary["coverage_by_scorer"][f"judge.{slug}"]["ok"] for slug in "ab"] == [8, 8]


ODD = """
import numpy as np
from rlrig_eval.judges import Reply, Unscored, Usage, Verdict

SAID = [
    Verdict(np.float32(0.5), {"n": np.int64(3)}, {"a": np.bool_(1)}, {"row": np.arange(2)}, (), Usage(np.int64(2))),
    Verdict(0.5, evidence={"model": object()}),
    Verdict(0.5, usage=None),
    Verdict(0.5, evidence={"usage": "much"}),
    Verdict(float("nan")),
    Unscored("no such file: caf\\udce9"),
    0.5,
    Verdict(1.0),
]

class Odd:
    said = iter(SAID)
    def verdicts(self, tasks):
        return (next(self.said) for _ in tasks)

class Numpy:
    rubric = "p-yes"
    def replies(self, requests):
        return (Reply("yes", p_yes=np.float32(0.75)) for _ in requests)

class Lost(Odd):
    def __init__(self):
        raise FileNotFoundError("no weights.bin")
"""


@pytest.fixture
def odd(tmp_path: Path) -> str:
    (tmp_path / "odd.py").write_text(ODD)
    return str(tmp_path / "odd.py")


def test_an_odd_verdict_costs_its_picture_alone_and_numpys_numbers_are_numbers(odd: str, tmp_path: Path) -> None:
    done = run(tmp_path / "run", f"{odd}:Odd", {})
    assert done.exit_code is Exit.RUN
    assert done.summary["metrics"]["all_correct"]["n"] == 8
    assert done.summary["coverage_by_scorer"]["judge.Odd"] == {"planned": 8, "ok": 3, "error": 0, "unscored": 5}
    assert done.summary["judges"][0]["usage"]["calls"] == 2
    first, *others = list(read_scores(tmp_path / "run", "judge.Odd").values())
    assert first.values == {"score": 0.5, "n": 3.0}
    assert (first.evidence["answers"], first.evidence["row"]) == ({"a": 1.0}, [0, 1])
    reasons = [row.reason or "" for row in others if row.status == "unscored"]
    for reason, why in zip(reasons[:3], ("object has no form in JSON", "usage: Input should be", "nan"), strict=True):
        assert reason.startswith("judge Odd: what it says cannot be kept: ")
        assert why in reason
    assert reasons[3:] == ["no such file: caf\\udce9", "the judge gave no verdict but a float"]


def test_numpys_numbers_in_replies_are_numbers(odd: str, tmp_path: Path) -> None:
    done = run(tmp_path / "run", f"{odd}:Numpy", {})
    assert done.exit_code is Exit.OK
    row = read_scores(tmp_path / "run", "judge.Numpy")["p00#s0"]
    assert row.evidence["replies"][0] == {"text": "yes", "p_yes": 0.75}
    assert set(row.evidence["answers"].values()) == {0.75}


OUT_OF_TEN = """
from rlrig_eval.judges import Verdict

class OutOfTen:
    pictures = 0
    def verdicts(self, tasks):
        for task in tasks:
            self.pictures += 1
            yield Verdict(7.5) if self.pictures % 2 else Verdict(0.5, values={"score": 0.1, "sharp": 12.0})
"""


def test_a_mark_out_of_ten_is_no_share_and_the_headline_is_the_verdicts_score(tmp_path: Path) -> None:
    (tmp_path / "marks.py").write_text(OUT_OF_TEN)
    done = run(tmp_path / "run", f"{tmp_path / 'marks.py'}:OutOfTen", {})
    assert "score is 7.5, not between 0 and 1" in (done.shortfall or "")
    metrics = done.summary["metrics"]
    assert (metrics["judge.OutOfTen"]["mean"], metrics["judge.OutOfTen"]["n"]) == (0.5, 4)
    assert metrics["judge.OutOfTen.sharp"]["mean"] == 12.0


def test_a_judge_whose_constructor_raises_stops_no_drawing_and_is_named(odd: str, tmp_path: Path) -> None:
    done = run(tmp_path / "run", f"{odd}:Lost", {})
    assert (done.exit_code, done.summary["metrics"]["all_correct"]["n"]) == (Exit.RUN, 8)
    assert "cannot be used: judge Lost: FileNotFoundError: no weights.bin" in (done.shortfall or "")


def test_trying_a_judge_takes_numpys_numbers_and_finds_one_that_cannot_be_built(odd: str, drawn: Path) -> None:
    found = try_judge([drawn], (f"{odd}:Numpy", {}), controlled=1)
    assert json.loads((drawn / "aa" / "Numpy.json").read_text()) == found["runs"][str(drawn)]
    with pytest.raises(UsageError, match=r"judge Lost: FileNotFoundError: no weights\.bin"):
        try_judge([drawn], (f"{odd}:Lost", {}))


@pytest.mark.parametrize(
    ("judge", "options", "message"),
    [
        ("opneai", {}, "unknown judge 'opneai': did you mean 'openai'"),
        ("openai", {}, "model"),
        ("openai", {"model": "x", "base_url": "nowhere"}, "base_url"),
        ("shapes-vlm", {"rubric": "p-yse"}, "unknown rubric"),
        ("shapes-vlm", {"name": "../../x", "bath_size": "1"}, "did you mean 'batch_size'"),
        ("scripted", {"replies": "/nowhere/x.jsonl"}, "No such file"),
    ],
)
def test_a_wrong_word_is_found_before_the_first_sample(tmp_path: Path, judge: str, options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(tmp_path / "run", judge, options)
    assert not (tmp_path / "run").exists()


def test_a_budget_stops_cleanly_and_a_later_run_goes_on(httpserver: HTTPServer, tmp_path: Path) -> None:
    asked = s.serve(httpserver, s.all_yes)
    first = run(tmp_path / "run", "openai", remote(httpserver), max_calls=5)
    assert (len(asked), first.exit_code) == (5, Exit.RUN)
    assert "budget of 5 calls is spent" in first.shortfall
    second = run(tmp_path / "run", "openai", remote(httpserver), max_calls=5)
    assert (len(asked), second.exit_code) == (8, Exit.OK)


def test_a_judge_is_added_to_a_finished_run_and_resumed_there(httpserver: HTTPServer, tmp_path: Path) -> None:
    out = tmp_path / "run"
    evaluate(SUITE, "synthetic", limit=8, out=out)
    s.serve(httpserver, s.all_yes)
    assert rescore(out, judge=("openai", remote(httpserver)), max_calls=3).exit_code is Exit.RUN
    done = rescore(out)
    assert (done.exit_code, done.summary["metrics"]["judge.vlm"]["n"]) == (Exit.OK, 8)
    with pytest.raises(UsageError, match="another judge called vlm"):
        rescore(out, judge=("openai", remote(httpserver, temperature="1")))


def test_runs_of_different_judges_are_not_comparable(tmp_path: Path) -> None:
    for name, reply in (("a", "yes"), ("b", "no")):
        (tmp_path / name).mkdir()
        run(tmp_path / name / "run", "scripted", script(tmp_path / name, {"reply": reply}))
    one, other = (open_run(tmp_path / name / "run") for name in "ab")
    require_comparable(terms(one.config), terms(one.config))
    with pytest.raises(NotComparable, match="judges"):
        require_comparable(terms(one.config), terms(other.config))


def test_shards_are_judged_apart_and_merged(tmp_path: Path) -> None:
    options = script(tmp_path, {"reply": "yes"})
    for part in (1, 2):
        run(tmp_path / "run", "scripted", options, shard=(part, 2))
    assert rescore(tmp_path / "run").exit_code is Exit.OK
    run(tmp_path / "whole", "scripted", options)
    assert {path.name for path in (tmp_path / "run" / "scores").iterdir()} == {"graph.jsonl", "judge.scripted.jsonl"}
    assert (tmp_path / "run" / "summary.json").read_bytes() == (tmp_path / "whole" / "summary.json").read_bytes()


def test_the_key_is_in_no_file(httpserver: HTTPServer, tmp_path: Path) -> None:
    s.serve(httpserver, lambda asked: Response(f"key {s.KEY}", 400))
    run(tmp_path / "run", "openai", remote(httpserver))
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert all(s.KEY.encode() not in path.read_bytes() for path in files)


def test_killed_and_resumed_is_as_if_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tmp_path / "suite")
    (tmp_path / "slow.py").write_text(SLOW)

    def command(out: str) -> list[str]:
        what = ["--suite", str(tmp_path / "suite"), "--model", f"{tmp_path / 'slow.py'}:Slow", "-M", "error_rate=0.3"]
        more = ["--judge", "shapes-vlm", "--batch-size", "2", "--limit", "12", "--out", str(tmp_path / out)]
        return [sys.executable, "-m", "rlrig_eval", "run", *what, *more]

    undisturbed(command("whole"), monkeypatch)
    process = subprocess.Popen(command("killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(tmp_path / "killed", 6, process)
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    undisturbed(command("killed"), monkeypatch)
    for name in ("summary.json", "suite.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_judge_that_was_added_later_is_the_same_as_one_from_the_start(tmp_path: Path) -> None:
    options = script(tmp_path, {"reply": "yes"})
    run(tmp_path / "from the start", "scripted", options)
    evaluate(SUITE, "synthetic", limit=8, batch_size=3, out=tmp_path / "later")
    rescore(tmp_path / "later", judge=("scripted", options))
    one, other = (terms(open_run(tmp_path / name).config) for name in ("from the start", "later"))
    require_comparable(one, other)
    require_comparable(other, one)


def test_two_judges_of_one_name_are_not_compared_when_both_were_added_later(tmp_path: Path) -> None:
    for name, reply in (("a", "yes"), ("b", "no"), ("c", None)):
        (tmp_path / name).mkdir()
        evaluate(SUITE, "synthetic", limit=8, batch_size=3, out=tmp_path / name / "run")
        if reply is not None:
            rescore(tmp_path / name / "run", judge=("scripted", script(tmp_path / name, {"reply": reply})))
    a, b, unjudged = (terms(open_run(tmp_path / name / "run").config) for name in "abc")
    with pytest.raises(NotComparable, match="added_judges"):
        require_comparable(a, b)
    require_comparable(a, unjudged)


def test_a_judge_that_has_changed_gives_no_verdict_beside_its_earlier_ones(tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(out, "scripted", script(tmp_path, {"reply": "yes"}))
    config = json.loads((out / "run.json").read_text())
    config["judges"][0]["rubric_sha256"] = "worded otherwise"
    (out / "run.json").write_text(json.dumps(config))
    assert rescore(out).exit_code is Exit.OK  # it owes nothing
    lines = (out / "scores" / "judge.scripted.jsonl").read_text().splitlines(keepends=True)
    (out / "scores" / "judge.scripted.jsonl").write_text("".join(lines[:-2]))
    with pytest.raises(UsageError, match=r"judge\.scripted: 2 pictures are still to be judged.*rubric_sha256"):
        rescore(out)


KEEN = """
from rlrig_eval.judges import Reply
class Keen:
    rubric = "p-yes"
    def replies(self, requests):
        for number, _ in enumerate(requests):
            {trouble}
            yield Reply("yes")
"""


@pytest.mark.parametrize("gone", [False, True])
def test_a_judge_that_can_say_no_more_does_not_bar_others_from_scoring(tmp_path: Path, gone: bool) -> None:
    mine, out = tmp_path / "mine.py", tmp_path / "run"
    mine.write_text(KEEN.format(trouble="if number == 5: raise KeyError(number)"))
    run(out, f"{mine}:Keen", {})
    load.cache_clear()
    mended = tmp_path / "mended.py" if gone else mine
    mine.unlink()
    mended.write_text(KEEN.format(trouble=""))
    with pytest.raises(UsageError, match=r"there is no file|the judge has changed since"):
        rescore(out)
    kept = (out / "scores" / "judge.Keen.jsonl").read_bytes()
    again = rescore(out, judge=(f"{mended}:Keen", {"name": "fixed"}))
    assert again.summary["coverage_by_scorer"]["judge.fixed"]["ok"] == 8
    assert again.exit_code is Exit.RUN  # of the first judge's pictures some are unscored for good
    assert (again.shortfall or "").startswith("judge.Keen: ")
    assert rescore(out, "graph").summary["metrics"]["all_correct"]["n"] == 8
    assert (out / "scores" / "judge.Keen.jsonl").read_bytes() == kept


def test_every_judge_that_fell_short_is_named(tmp_path: Path) -> None:
    perhaps = script(tmp_path, {"reply": "perhaps"})
    run(tmp_path / "run", "scripted", perhaps)
    done = rescore(tmp_path / "run", judge=("scripted", {**perhaps, "name": "other"}))
    first, second = (done.shortfall or "").split("; ")
    assert first.startswith("judge.scripted: 8 of 8 pictures are unscored (")
    assert second.startswith("judge.other: 8 of 8 pictures are unscored (")


def test_a_secret_that_the_record_hides_is_given_again(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from rlrig_eval.judges import Reply, Trouble\n"
        "class Mine:\n"
        "    rubric = 'p-yes'\n"
        "    def __init__(self, api_key: str):\n        self.key = api_key\n"
        "    def replies(self, requests):\n"
        "        for _ in requests:\n"
        "            yield Reply('yes') if self.key == 'right' else Trouble('wrong key')\n"
    )
    out, judge = tmp_path / "run", f"{tmp_path / 'mine.py'}:Mine"
    evaluate(SUITE, "synthetic", limit=4, out=out)
    assert rescore(out, judge=(judge, {"api_key": "wrong"})).exit_code is Exit.RUN
    with pytest.raises(UsageError, match="give it again"):
        rescore(out)
    assert rescore(out, judge=(judge, {"api_key": "right"})).exit_code is Exit.OK
