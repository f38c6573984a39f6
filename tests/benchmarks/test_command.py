"""python -m benchmarks: the table, the files, the exit codes; and the results that the repo commits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.console import Console

from benchmarks import reading
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.measure import Result, Spread
from benchmarks.record import RESULTS, Record
from benchmarks.table import table
from rlrig_eval.errors import Exit

REPO = Path(__file__).parents[2]


def slow() -> list[Result]:
    ms, ratio = Spread(median=30, low=29, high=31), Spread(median=3, low=2.9, high=3.1)
    about = {"name": "slow", "ours": "a", "peer": "b", "unit": "picture", "rounds": 3, "most": 2.0}
    return [Result(**about, ours_ms=ms, peer_ms=ms, ratio=ratio, wall_ratio=ratio)]


def test_a_benchmark_prints_its_table_and_leaves_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = reading.run
    monkeypatch.setattr(reading, "run", lambda: small(pictures=2, rounds=2))
    main(["reading"], tmp_path)
    assert "shapes.read" in capsys.readouterr().out
    left = Record.model_validate_json((tmp_path / "reading.json").read_text())
    assert left.command == "python -m benchmarks reading"
    assert left.cpu
    assert left.provenance.packages["numpy"]
    assert left.provenance.started
    assert [result.name for result in left.results] == ["shapes.read"]


def test_a_missed_promise_is_shown_and_leaves_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "run", slow)
    with pytest.raises(typer.Exit) as end:
        main(["reading"], tmp_path)
    assert end.value.exit_code == Exit.GATE
    shown = capsys.readouterr().out
    for text in ("slow", "against b", "30", "3 (2.9–3.1)", "<= 2", "missed"):
        assert text in shown
    assert (tmp_path / "reading.json").exists()


def test_every_promise_stands_in_the_table_beside_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    held = slow()[0].model_dump() | {"most": None, "most_ms": 50, "most_wall_ms": 80, "most_mib": 100}
    held |= {"ours_wall_ms": Spread.of([70]), "memory_ratio": Spread.of([4]), "ours_mib": Spread.of([140])}
    Console(width=100).print(table([Result.model_validate(held)]))
    shown = capsys.readouterr().out
    for text in ("<= 50 ms", "<= 80 ms by the clock", "<= 100 MiB", "clock 3 (70 ms), memory 4 (140 MiB)", "missed"):
        assert text in shown


def test_an_unknown_name_suggests_the_nearest_before_anything_is_measured(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "generation", "readin", "--out", str(tmp_path)]
    ended = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=60)
    assert ended.returncode == Exit.USAGE
    assert ended.stderr == "error: unknown benchmark 'readin': did you mean 'reading'?\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_committed_results_are_whole_and_keep_what_was_promised(name: str) -> None:
    committed = Record.model_validate_json((RESULTS / f"{name}.json").read_text())
    assert committed.benchmark == name
    assert committed.provenance.commit
    assert "missed" not in {result.verdict for result in committed.results}
