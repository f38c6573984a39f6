"""How long the command line and the pure rooms take to come up."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measure import Contest, Result, hold, running

PYTHON = sys.executable
SCENE_LIBRARIES = "import networkx, numpy, pydantic, scipy.optimize"


def run(rounds: int = 7) -> list[Result]:
    """Processor time and peak memory of whole processes."""
    script = str(Path(PYTHON).with_name("rlrig-eval"))
    nothing = running(PYTHON, "-c", "pass")
    contests = (
        Contest(
            name="rlrig-eval --help",
            ours="the installed script",
            peer="python -c pass",
            unit="process",
            units=1,
            our_turn=running(script, "--help"),
            peer_turn=nothing,
            most_ms=300,
        ),
        Contest(
            name="import rlrig_eval.scene",
            ours="python -c import",
            peer="its libraries alone",
            unit="process",
            units=1,
            our_turn=running(PYTHON, "-c", "import rlrig_eval.scene"),
            peer_turn=running(PYTHON, "-c", SCENE_LIBRARIES),
        ),
    )
    for contest in contests:
        contest.our_turn()  # the first process compiles and reads from disk
        contest.peer_turn()
    return [hold(contest, rounds) for contest in contests]
