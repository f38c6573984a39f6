"""A finished run is scored again, or with one more scorer, without drawing; shards become one run."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from itertools import islice
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.plugins import load
from rlrig_eval.runs.latest import read_rows, read_scores
from rlrig_eval.runs.opened import open_run
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.rescore import _require_whole, rescore
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scoring import score_all
from rlrig_eval.runs.store import samples_file
from rlrig_eval.runs.writing import appending
from tests.models import guide
from tests.runs import tiny

SUITE = tiny.suite()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    evaluate(SUITE, "synthetic", options={"error_rate": 0.3}, limit=12, batch_size=3, out=out)
    return out


def test_scoring_again_changes_no_byte_of_the_summary(finished: Path, tmp_path: Path) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    before = (out / "summary.json").read_bytes()
    rescore(out, "graph")
    assert (out / "summary.json").read_bytes() == before


def test_the_summary_is_rebuilt_from_the_rest(finished: Path, tmp_path: Path) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    before = (out / "summary.json").read_bytes()
    (out / "summary.json").unlink()
    (out / "scores" / "graph.jsonl").unlink()
    rescore(out)
    assert (out / "summary.json").read_bytes() == before


def test_shards_merge_into_the_undisturbed_run(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = {"error_rate": 0.3}
    for part in (1, 2, 3):
        evaluate(SUITE, "synthetic", options=options, limit=12, batch_size=3, shard=(part, 3), out=out)
    run = rescore(out)
    assert (run.exit_code, run.whole) == (Exit.OK, True)
    assert {path.name for path in out.glob("samples*")} == {"samples.jsonl"}
    assert {path.name for path in (out / "scores").iterdir()} == {"graph.jsonl"}
    assert (out / "summary.json").read_bytes() == (finished / "summary.json").read_bytes()


def test_shards_that_are_not_all_in_are_a_partial_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    evaluate(SUITE, "synthetic", limit=12, batch_size=3, shard=(1, 2), out=out)
    run = rescore(out)
    assert (run.exit_code, run.whole) == (Exit.RUN, False)
    assert run.summary["coverage"] == {"planned": 12, "ok": 6, "error": 0, "unscored": 0}
    assert not (out / "summary.json").exists()


def test_a_scorer_that_throws_errs_alone(finished: Path, tmp_path: Path) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    (tmp_path / "s.py").write_text("def picky(read, prompt, suite):\n    raise ValueError('no')\n")
    run = rescore(out, f"{tmp_path / 's.py'}:picky")
    assert run.exit_code is Exit.RUN
    assert run.summary["coverage_by_scorer"]["picky"]["error"] == 12
    assert run.summary["coverage_by_scorer"]["graph"]["ok"] == 12
    assert read_scores(out, "picky")["p00#s0"].reason == "ValueError: no"


ODD = """
import numpy as np
from rlrig_eval.runs import Scores

def bare(read, prompt, suite):
    return 0.5

def opaque(read, prompt, suite):
    return Scores({"x": 1.0}, evidence={"model": object()})

def wordy(read, prompt, suite):
    return Scores({"x": "much"})

def infinite(read, prompt, suite):
    return Scores({"x": np.float32("inf")})

def broken(read, prompt, suite):
    raise ValueError("caf\\udce9")

def leaving(read, prompt, suite):
    raise SystemExit(3)

class Sizing:
    def __call__(self, read, prompt, suite):
        return Scores({})

    def sized(self, long_side):
        raise ValueError("no size")

sizing = Sizing()

def numeric(read, prompt, suite):
    evidence = {"n": np.int64(3), "row": np.zeros(2, np.float32), "deep": [{"right": np.bool_(True)}]}
    return Scores({"half": np.float32(0.5), "none": None}, evidence | {"long": np.longdouble(0.5)})
"""
CANNOT = "scorer {}: what it says cannot be kept: "


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bare", "scorer bare: it returned a float, not Scores"),
        ("opaque", CANNOT.format("opaque") + "Error serializing to JSON: TypeError: object has no form in JSON"),
        ("wordy", CANNOT.format("wordy") + "values.x: Input should be a valid number, unable to parse string"),
        ("infinite", CANNOT.format("infinite") + "x is inf; where there is nothing to say, say None"),
        ("broken", "ValueError: caf\\udce9"),
        ("sizing", "ValueError: no size"),
        ("leaving", "SystemExit: 3"),
    ],
)
def test_what_cannot_be_kept_of_a_scorer_is_an_error_of_its_sample(
    finished: Path, tmp_path: Path, name: str, reason: str
) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    (tmp_path / "odd.py").write_text(ODD)
    run = rescore(out, f"{tmp_path / 'odd.py'}:{name}")
    assert run.exit_code is Exit.RUN
    assert run.summary["coverage_by_scorer"][name]["error"] == 12
    assert run.summary["coverage_by_scorer"]["graph"]["ok"] == 12
    assert (read_scores(out, name)["p00#s0"].reason or "").startswith(reason)


def test_numpys_numbers_of_a_scorer_are_numbers(finished: Path, tmp_path: Path) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    (tmp_path / "odd.py").write_text(ODD)
    run = rescore(out, f"{tmp_path / 'odd.py'}:numeric")
    assert (run.exit_code, run.summary["metrics"]["numeric.half"]["mean"]) == (Exit.OK, 0.5)
    row = read_scores(out, "numeric")["p00#s0"]
    assert row.values == {"half": 0.5, "none": None}
    assert row.evidence == {"n": 3, "row": [0.0, 0.0], "deep": [{"right": True}], "long": 0.5}


def read_by_an_older_one(finished: Path, out: Path) -> Path:
    """The run as an older extractor would have left it, which saw everything wrong."""
    tiny.copy(finished, out)
    config = json.loads((out / "run.json").read_text())
    config["extractor"]["version"] = "older"
    (out / "run.json").write_text(json.dumps(config))
    lines = (out / "scores" / "graph.jsonl").read_text().replace('"all_correct":1.0', '"all_correct":0.0')
    (out / "scores" / "graph.jsonl").write_text(lines)
    return out


def test_an_extractor_of_another_version_reads_everything_again(finished: Path, tmp_path: Path) -> None:
    out = read_by_an_older_one(finished, tmp_path / "run")
    run = rescore(out)
    assert run.summary == json.loads((finished / "summary.json").read_text())


def test_a_run_of_a_scorer_that_is_not_there_is_refused(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown scorer 'grahp': did you mean 'graph'"):
        rescore(finished, "grahp")
    with pytest.raises(UsageError, match="not a run folder"):
        rescore(tmp_path / "nothing")


def test_a_run_that_is_still_drawing_is_not_touched(finished: Path, tmp_path: Path) -> None:
    """Merging replaces files: what the other process appends to an old one would be lost."""
    out = tiny.copy(finished, tmp_path / "run")
    other = samples_file(out, Shard(2, 2))
    with appending(other) as append:
        before = {path: path.read_bytes() for path in out.rglob("*.json*")}
        with pytest.raises(UsageError, match="another process is writing"):
            rescore(out)
        append(list(read_rows(samples_file(out), SampleRow))[:1])
        del before[other]
        assert {path: path.read_bytes() for path in before} == before
    assert len(list(read_rows(other, SampleRow))) == 1


def test_a_shard_that_begins_while_a_run_is_scored_loses_nothing(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    other, (row, *_) = samples_file(out, Shard(2, 2)), read_rows(samples_file(out), SampleRow)
    with ExitStack() as shard:
        begun = []

        def scored(*given) -> Iterator[dict[str, ScoreRow]]:
            begun.append(shard.enter_context(appending(other)))
            yield from score_all(*given)

        with monkeypatch.context() as patch:
            patch.setattr("rlrig_eval.runs.rescore.score_all", scored)
            with pytest.raises(UsageError, match="another process is writing"):
                rescore(out, "graph")
        (append,) = begun
        append([row])
    assert list(read_rows(other, SampleRow)) == [row]
    assert rescore(out).exit_code is Exit.OK
    assert not other.exists()
    assert (out / "summary.json").read_bytes() == (finished / "summary.json").read_bytes()


def test_stopped_while_a_new_extractor_reads_it_reads_everything_next_time(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = read_by_an_older_one(finished, tmp_path / "run")
    with monkeypatch.context() as stopped:
        stopped.setattr("rlrig_eval.runs.rescore.score_all", stopping(score_all))
        with pytest.raises(KeyboardInterrupt):
            rescore(out)
    assert json.loads((out / "run.json").read_text())["extractor"]["version"] == "older"
    assert rescore(out).summary == json.loads((finished / "summary.json").read_text())


def stopping(score: Callable[..., Iterator[dict[str, ScoreRow]]]) -> Callable[..., Iterator[dict[str, ScoreRow]]]:
    """Ctrl-C after the third picture."""

    def scored(*given: object) -> Iterator[dict[str, ScoreRow]]:
        yield from islice(score(*given), 3)
        raise KeyboardInterrupt

    return scored


def test_an_extractor_of_which_something_was_hidden_is_not_asked_without_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    evaluate(SUITE, "synthetic", limit=2, out=folder)
    recorded = folder / "run.json"
    told = json.loads(recorded.read_text())
    told["extractor"]["traffic"] = {"url": "http://host/detect?token=***"}
    recorded.write_text(json.dumps(told))
    before = open_run(folder)
    with pytest.raises(UsageError, match="-E url was hidden when the run was recorded, and 2 pictures"):
        _require_whole(before.config, before.samples)
    _require_whole(before.config, [])


RIGHT = """
from rlrig_eval.runs import Scores

def share(read, prompt, suite):
    return Scores({{"x": {value}}})
"""


def scorer(folder: Path, value: float) -> str:
    """A scorer in a file, as a new process would load it."""
    (folder / "mine.py").write_text(RIGHT.format(value=value))
    load.cache_clear()
    return "mine.py:share"


def scored(finished: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run in `folder`, where we are, that a scorer of there has given .25."""
    out = tiny.copy(finished, folder / "run")
    monkeypatch.chdir(folder)
    rescore(out, scorer(folder, 0.25))
    return out


def test_a_scorer_from_a_file_is_found_from_anywhere_and_scores_again_when_the_file_changes(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = scored(finished, tmp_path, monkeypatch)
    config = open_run(out).config
    assert config.added_scorers == (f"{tmp_path / 'mine.py'}:share",)
    assert config.scorer_sha256 == {"share": sha256((tmp_path / "mine.py").read_bytes()).hexdigest()}
    monkeypatch.chdir("/")
    assert rescore(out).summary["metrics"]["share.x"]["mean"] == 0.25
    scorer(tmp_path, 0.75)
    assert rescore(out).summary["metrics"]["share.x"]["mean"] == 0.75
    assert open_run(out).config.scorer_sha256 != config.scorer_sha256


def test_an_entry_point_scores_again_when_its_file_changes(finished: Path, tmp_path: Path, site: Path) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    declared = '[project.entry-points."rlrig_eval.scorers"]\nshare = "my_package.mine:share"\n'
    guide.install(site, "mine", RIGHT.format(value=0.25), declared)
    assert rescore(out, "share").summary["metrics"]["share.x"]["mean"] == 0.25
    assert open_run(out).config.added_scorers == ("share",)
    (site / "my_package" / "mine.py").write_text(RIGHT.format(value=0.125))
    load.cache_clear()
    for name in ("my_package.mine", "my_package"):
        del sys.modules[name]
    assert rescore(out).summary["metrics"]["share.x"]["mean"] == 0.125


@pytest.mark.parametrize("name", ["laion", "judge", "graph", "geneval", "all_correct"])
def test_a_scorer_whose_metrics_would_be_called_as_ours_is_refused(finished: Path, tmp_path: Path, name: str) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    (tmp_path / "s.py").write_text(RIGHT.format(value=0.5).replace("share", name))
    with pytest.raises(UsageError, match=f"the harness has metrics called {name}"):
        rescore(out, f"{tmp_path / 's.py'}:{name}")
    suite = SUITE.model_copy(update={"scorers": ("graph", f"{tmp_path / 's.py'}:{name}")})
    with pytest.raises(UsageError, match=f"the harness has metrics called {name}"):
        evaluate(suite, "synthetic", limit=2, out=tmp_path / "new")


def test_stopped_while_a_changed_scorer_scores_it_scores_everything_next_time(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = scored(finished, tmp_path, monkeypatch)
    scorer(tmp_path, 0.75)
    with monkeypatch.context() as stopped:
        stopped.setattr("rlrig_eval.runs.rescore.score_all", stopping(score_all))
        with pytest.raises(KeyboardInterrupt):
            rescore(out)
    found = rescore(out).summary["metrics"]["share.x"]
    assert (found["mean"], found["n"]) == (0.75, 12)


def test_a_run_that_recorded_its_scorer_as_it_was_typed_takes_it_from_there(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = scored(finished, tmp_path, monkeypatch)
    told = json.loads((out / "run.json").read_text())
    del told["scorer_sha256"]
    (out / "run.json").write_text(json.dumps(told | {"added_scorers": ["mine.py:share"]}))
    assert rescore(out).summary["metrics"]["share.x"]["mean"] == 0.25
    assert rescore(out, scorer(tmp_path, 0.75)).summary["metrics"]["share.x"]["mean"] == 0.75
    assert open_run(out).config.added_scorers == (f"{tmp_path / 'mine.py'}:share",)
    with pytest.raises(UsageError, match="has another scorer of that name"):
        rescore(out, shutil.copy("mine.py", "other.py") + ":share")


def test_what_owes_nothing_need_not_be_there_any_more(tmp_path: Path) -> None:
    """The shards of a run are merged though extractor, scorer and judge have gone from the disk."""
    out, mine = tmp_path / "run", tmp_path / "mine.py"
    mine.write_text(
        "from rlrig_eval.judges import Verdict\n"
        "from rlrig_eval.runs import Scores\n"
        "from rlrig_eval.shapes import read\n"
        "class Reader:\n    name, version = 'reader', '1'\n    def extract(self, image):\n        return read(image)\n"
        "class Kind:\n    def verdicts(self, tasks):\n        for _ in tasks:\n            yield Verdict(1.0)\n"
        "def share(read, prompt, suite):\n    return Scores({'x': 1.0})\n"
    )
    asked = {"extractor": f"{mine}:Reader", "judge": f"{mine}:Kind"}
    of = tiny.suite().model_copy(update={"scorers": ("graph", f"{mine}:share")})
    for part in (1, 2):
        evaluate(of, "synthetic", **asked, limit=4, batch_size=2, shard=(part, 2), out=out)
    mine.unlink()
    load.cache_clear()
    before = (out / "summary.json").read_bytes()
    assert rescore(out).exit_code is Exit.OK
    assert (out / "summary.json").read_bytes() == before
    assert {path.name for path in out.glob("samples*")} == {"samples.jsonl"}
    lines = (out / "scores" / "graph.jsonl").read_text().splitlines(keepends=True)
    (out / "scores" / "graph.jsonl").write_text("".join(lines[:-1]))
    with pytest.raises(UsageError, match=r"there is no file .*mine\.py"):
        rescore(out)
