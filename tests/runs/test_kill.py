"""kill -9 in the middle of a real run, then the same command: the same summary, byte for byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rlrig_eval.cli import main
from tests.runs import tiny

SLOW = """
import time
from rlrig_eval.models.synthetic import Synthetic

class Slow(Synthetic):
    def generate(self, jobs):
        time.sleep(0.15)
        return super().generate(jobs)
"""


def command(folder: Path, out: str) -> list[str]:
    what = ["--suite", str(folder / "suite"), "--model", f"{folder / 'slow.py'}:Slow", "-M", "error_rate=0.3"]
    how = ["--batch-size", "2", "--limit", "16", "--out", str(folder / out)]
    return [sys.executable, "-m", "rlrig_eval", "run", *what, *how]


def undisturbed(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command line to its end, in this process: nobody kills it, so it needs none of its own."""
    monkeypatch.setattr(sys, "argv", ["rlrig-eval", *command[3:]])
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code


def rows(out: Path) -> int:
    path = out / "samples.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(out: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while rows(out) < count:
        assert process.poll() is None, "the run ended before it could be stopped"
        assert time.monotonic() < until
        time.sleep(0.02)


def prepared(tmp_path: Path) -> Path:
    tiny.write(tmp_path / "suite")
    (tmp_path / "slow.py").write_text(SLOW)
    return tmp_path


def test_killed_twice_and_resumed_is_as_if_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = prepared(tmp_path)
    undisturbed(command(folder, "whole"), monkeypatch)
    for count in (4, 10):
        process = subprocess.Popen(command(folder, "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(folder / "killed", count, process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with (folder / "killed" / "samples.jsonl").open("a") as file:
        file.write('{"id": "p15#s0", "prom')  # and the last line was cut off in the middle
    assert not (folder / "killed" / "summary.json").exists()
    undisturbed(command(folder, "killed"), monkeypatch)
    for name in ("summary.json", "suite.json"):
        assert (folder / "killed" / name).read_bytes() == (folder / "whole" / name).read_bytes()
    images = sorted((folder / "whole" / "images").iterdir())
    assert len(images) == 16
    for image in images:
        assert image.read_bytes() == (folder / "killed" / "images" / image.name).read_bytes()


def test_interrupted_leaves_with_130_and_keeps_what_is_there(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    process = subprocess.Popen(
        command(folder, "run"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests that run in the background ignore it
    )
    wait_for(folder / "run", 4, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == f"interrupted: {folder / 'run'} keeps what is there; the same command goes on\n"
    assert json.loads((folder / "run" / "run.json").read_text())["status"] == "interrupted"
    assert rows(folder / "run") >= 4
