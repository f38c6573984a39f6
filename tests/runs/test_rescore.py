"""A finished run is scored again, or with one more scorer, without drawing; shards become one run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.runs.plan import Shard
from rlrig_eval.runs.rescore import rescore
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scoring import score_all
from rlrig_eval.runs.store import appending, read_rows, read_scores, samples_file
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
