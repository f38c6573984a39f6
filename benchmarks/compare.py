"""`rlrig-eval compare` of two large runs, against a process that only reads both folders."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measure import Contest, Result, hold, running
from rlrig_eval.atomic import replace_json, replace_text
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.plan import plan
from rlrig_eval.runs.request import Request, settle
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scorers import GRAPH, GRAPH_METRICS
from rlrig_eval.runs.store import samples_file, scores_file
from rlrig_eval.runs.writing import replace_rows
from rlrig_eval.suite import Suite, load

READ = "import sys; from pathlib import Path; from rlrig_eval.runs.opened import open_run\n"
READ += "for folder in sys.argv[1:]: open_run(Path(folder)).prompt_scores"


def run(prompts: int = 10_000, rounds: int = 3) -> list[Result]:
    """Scores are drawn at random: what is timed does not depend on what they are."""
    with TemporaryDirectory(prefix="rlrig-benchmark-") as root:
        suite = enlarged(load("spatial"), prompts)
        folders = [written(Path(root) / name, suite, seed) for seed, name in enumerate(("a", "b"))]
        names = tuple(map(str, folders))
        contest = Contest(
            name=f"compare of two runs of {prompts:,} prompts",
            ours="rlrig-eval compare",
            peer="reading both folders",
            unit="process",
            units=1,
            our_turn=running(sys.executable, "-m", "rlrig_eval", "compare", *names),
            peer_turn=running(sys.executable, "-c", READ, *names),
            most_ms=5000,
        )
        return [hold(contest, rounds)]


def enlarged(suite: Suite, prompts: int) -> Suite:
    """The suite over and over, under new names, to at least so many prompts; its groups and tags stay."""
    copies = -(-prompts // len(suite.prompts))
    found = []
    for copy in range(copies):
        for prompt in suite.prompts:
            twin = None if prompt.twin is None else f"{prompt.twin}-{copy}"
            changed = {"id": f"{prompt.id}-{copy}", "twin": twin, "group": f"{prompt.group}-{copy}"}
            found.append(prompt.model_copy(update=changed))
    kept = {prompt.id for prompt in found[:prompts]}
    whole = [p.model_copy(update={"twin": p.twin if p.twin in kept else None}) for p in found[:prompts]]
    return suite.model_copy(update={"name": "enlarged", "prompts": tuple(whole)})


def written(folder: Path, suite: Suite, seed: int) -> Path:
    """A finished run folder as `evaluate` leaves it, but for the pictures; a fifth of the prompts is wrong."""
    rng = np.random.default_rng(seed)
    settled = settle(Request(suite=suite, model="synthetic"))
    config: RunConfig = settled.config.model_copy(update={"status": "finished", "settings": {}})
    samples = [sample for batch in plan(suite, config.protocol.seeds, None, 64) for sample in batch.samples]
    values = {
        metric: np.where(rng.random(len(samples)) < 0.8, 1.0, rng.random(len(samples)).round())
        for metric in GRAPH_METRICS
    }
    graph = {"graph": samples[0].prompt.graph.model_dump(mode="json", exclude_defaults=True)}
    replace_json(folder / "run.json", config.dump())
    replace_text(folder / "suite.json", suite.model_dump_json(exclude_defaults=True) + "\n")
    rows = [
        SampleRow(
            id=s.id,
            prompt_id=s.prompt.id,
            seed=s.job.seed,
            batch=0,
            status="ok",
            image=f"images/{n}.png",
            image_sha256="0" * 64,
            size=(64, 64),
            seconds=0.01,
        )
        for n, s in enumerate(samples)
    ]
    scores = [
        ScoreRow(
            id=s.id,
            image_sha256="0" * 64,
            status="ok",
            values={metric: float(values[metric][n]) for metric in GRAPH_METRICS},
            evidence=graph,
        )
        for n, s in enumerate(samples)
    ]
    replace_rows(samples_file(folder), rows)
    replace_rows(scores_file(folder, GRAPH), scores)
    return folder
