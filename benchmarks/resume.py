"""The same command on a run that is finished already, against a process that only loads the same code."""

from __future__ import annotations

import sys
from tempfile import TemporaryDirectory

from benchmarks.measure import Contest, Result, hold, running

CODE = "import rlrig_eval.cli, rlrig_eval.extract.shapes, rlrig_eval.models.synthetic, rlrig_eval.runs, rich.progress"


def run(prompts: int = 64, rounds: int = 3) -> list[Result]:
    """Nothing is owed, so what is left is reading the rows and summing them up again."""
    command = (sys.executable, "-m", "rlrig_eval", "run", "--suite", "spatial", "--model", "synthetic")
    with TemporaryDirectory(prefix="rlrig-benchmark-") as folder:
        again = running(*command, "--limit", str(prompts), "--out", folder)
        again()  # the run itself
        contest = Contest(
            name=f"a finished run of {prompts} again",
            ours="rlrig-eval run",
            peer="its imports alone",
            unit="process",
            units=1,
            our_turn=again,
            peer_turn=running(sys.executable, "-c", CODE),
        )
        return [hold(contest, rounds)]
