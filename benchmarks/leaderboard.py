"""A leaderboard and a site of 1,000,000 samples in 200 runs, against a process that only reads their score files."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.compare import enlarged, written
from benchmarks.measure import Contest, Result, hold, running
from rlrig_eval.atomic import replace_json
from rlrig_eval.runs.opened import open_run
from rlrig_eval.runs.summary import summarise
from rlrig_eval.suite import load

READ = "import sys\nfor path in sys.argv[1:]:\n    with open(path, 'rb') as lines: sum(map(len, lines))"
SHOWN = 25
"""Prompts that the site has cards for: 200 runs of each make 5,000 pictures."""
DIFFERENT = 4
"""Runs that are written; the others are copies under other names, for what is timed does not depend on the scores."""


def run(runs: int = 200, prompts: int = 5000, rounds: int = 1) -> list[Result]:
    """Needs about 1 GiB of disk a million samples: copies of a run are hard links."""
    with TemporaryDirectory(prefix="rlrig-benchmark-") as root:
        folders = populated(Path(root), runs, prompts)
        names = tuple(map(str, folders))
        scores = tuple(str(folder / "scores" / "graph.jsonl") for folder in folders)
        contest = Contest(
            name=f"a leaderboard of {runs} runs of {prompts:,} prompts",
            ours="rlrig-eval report",
            peer="reading the scores' lines",
            unit="process",
            units=1,
            our_turn=running(sys.executable, "-m", "rlrig_eval", "report", *names, "--format", "md"),
            peer_turn=running(sys.executable, "-c", READ, *scores),
            most_ms=60_000,
            most_mib=2048,
        )
        bundle = ("--bundle", f"{root}/site", "--limit", str(SHOWN))
        shown = replace(
            contest,
            name=f"a site of {runs} runs of {prompts:,} prompts, {SHOWN} shown",
            ours="rlrig-eval view",
            our_turn=running(sys.executable, "-m", "rlrig_eval", "view", *names, *bundle),
        )
        return [hold(contest, rounds), hold(shown, rounds)]


def populated(root: Path, runs: int, prompts: int) -> list[Path]:
    """So many finished runs of one suite, with their summaries."""
    suite = enlarged(load("spatial"), prompts)
    made = []
    for seed in range(min(DIFFERENT, runs)):
        folder = written(root / f"run-{seed}", suite, seed)
        opened = open_run(folder)
        replace_json(folder / "summary.json", summarise(opened.config, opened.samples, opened.rows, opened.scores))
        seconds = {"mean": 0.01, "median": 0.01}
        replace_json(folder / "timing.json", {"schema": 1, "samples": prompts, "seconds_per_sample": seconds})
        made.append(folder)
    for number in range(len(made), runs):
        copy = root / f"run-{number}"
        shutil.copytree(made[number % DIFFERENT], copy, copy_function=lambda a, b: Path(b).hardlink_to(a))
        made.append(copy)
    return made
