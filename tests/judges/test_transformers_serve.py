"""The openai back end against a real `transformers serve` with the bundled judge: not up yet, up, and killed.

CI must have what a server needs; elsewhere, without it, this is skipped.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from transformers.utils.import_utils import is_serve_available

from rlrig_eval import evaluate
from rlrig_eval.checkpoints import locate
from rlrig_eval.errors import Exit
from rlrig_eval.runs.finish import Run
from rlrig_eval.runs.latest import read_scores
from rlrig_eval.runs.rescore import rescore
from tests.runs import tiny

pytestmark = pytest.mark.skipif(
    not is_serve_available() and "CI" not in os.environ,
    reason="transformers serve needs fastapi and uvicorn, which are not installed: pip install -e '.[dev]'",
)
MODEL = str(locate("bundled:judge"))
_PATIENCE = float(os.environ.get("RLRIG_SERVE_PATIENCE", "120"))
"""Seconds that the server may take to start."""


@contextmanager
def serving(port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server, in a process of its own, once it is up."""
    command = [sys.executable, "-c", "from transformers.cli.transformers import app; app()", "serve", MODEL]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as said:
        server = subprocess.Popen(
            [*command, "--port", str(port), "--device", "cpu"], env=offline, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _healthy(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"not up in {_PATIENCE:.0f} s: {log.read_text()}"
            time.sleep(0.2)
        yield server
    finally:
        server.kill()
        server.wait()


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/health", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.mark.timeout(3 * _PATIENCE + 300)
def test_a_real_server_is_waited_for_in_vain_then_judges_and_is_killed(tmp_path: Path, unused_tcp_port: int) -> None:
    out = tmp_path / "run"
    evaluate(tiny.suite(), "synthetic", limit=3, out=out)
    options = {
        "model": MODEL,
        "base_url": f"http://localhost:{unused_tcp_port}/v1",
        "cache": "off",
        "timeout": str(_PATIENCE),
    }
    options |= {"rubric": "p-yes", "patience": "2", "attempts": "2", "concurrency": "2"}

    def coverage(run: Run, slug: str) -> tuple[int, int]:
        found = run.summary["coverage_by_scorer"][f"judge.{slug}"]
        return found["ok"], found["unscored"]

    def in_vain(name: str) -> None:
        began = time.monotonic()
        dead = rescore(out, judge=("openai", options | {"name": name}))
        assert (dead.exit_code, coverage(dead, name)) == (Exit.RUN, (0, 3))
        assert time.monotonic() - began < 60

    in_vain("judge")
    with serving(unused_tcp_port, tmp_path / "server.log") as server:
        part = rescore(out, max_calls=7)
        assert (part.exit_code, coverage(part, "judge")) == (Exit.RUN, (1, 2))
        first = read_scores(out, "judge.judge")["p00#s0"]
        assert set(first.evidence["replies"]) <= {"yes", "no"}
        assert first.evidence["usage"]["completion_tokens"] > 0
        assert "soft_am" not in first.values  # it sends no logprobs, so words are all there is
        assert coverage(rescore(out), "judge") == (3, 0)
        assert read_scores(out, "judge.judge")["p00#s0"] == first

        # The bundled judge knows one word; asked for an object, its reply is no verdict and no zero.
        worded = rescore(out, judge=("openai", options | {"rubric": "yes-no", "name": "worded", "reply_limit": "16"}))
        assert coverage(worded, "worded") == (0, 3)
        assert worded.summary["metrics"]["judge.worded"] == {"mean": None, "ci95": [None, None], "n": 0}

        # A model that it does not serve.
        other = rescore(out, judge=("openai", options | {"model": "org/other"}))
        assert "pinned to" in read_scores(out, "judge.other")["p00#s0"].reason
        assert other.exit_code is Exit.RUN

        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        in_vain("late")
