"""The same command on a run that is finished already, against a process that only loads the same code."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Contest, Result, hold, running
from benchmarks.prompts import suite

CODE = "import rlrig_eval.cli, rlrig_eval.extract.shapes, rlrig_eval.models.synthetic, rlrig_eval.runs, rich.progress"


def run(prompts: int = 64, rounds: int = 3) -> list[Result]:
    """Nothing is owed, so what is left is reading rows and summing them up again."""
    with TemporaryDirectory(prefix="rlrig-benchmark-") as scratch:
        folder = Path(scratch, "suite")
        write(folder, prompts)
        command = [sys.executable, "-m", "rlrig_eval", "run", "--suite", str(folder), "--model", "synthetic"]
        again = running(*command, "--out", str(Path(scratch, "run")))
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


def write(folder: Path, prompts: int) -> None:
    """The suite as files."""
    made = suite(prompts)
    folder.mkdir()
    (folder / "suite.yaml").write_text(f"name: {made.name}\nversion: '{made.version}'\nworld: {made.world}\n")
    lines = (prompt.model_dump_json(exclude_defaults=True) + "\n" for prompt in made.prompts)
    (folder / "prompts.jsonl").write_text("".join(lines))
