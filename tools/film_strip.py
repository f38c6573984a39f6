"""python tools/film_strip.py RUN OUT.png: the film strip of the first picture of a run that edits made right.

The first in the suite's order that took two edits or more, ended because the Checker was satisfied, and is read as
wholly right: chosen by rule, not by eye.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from rlrig.filmstrip import film_strip
from rlrig.trace import Trace
from rlrig_eval.runs import open_run

EDITS = 2


def main(run: Path, out: Path) -> None:
    """Write the strip; leaves with a message when no picture fits."""
    opened = open_run(run)
    for sample in opened.samples:
        row, score = opened.rows.get(sample.id), opened.scores["graph"].get(sample.id)
        if row is None or row.trace is None or score is None or score.values.get("all_correct") != 1:
            continue
        path = run / row.trace
        trace = Trace.model_validate_json(path.read_text("utf-8"))
        edits = sum(one.action == "edit" for one in trace.rounds[: trace.chosen + 1])
        if trace.stopped != "satisfied" or edits < EDITS:
            continue
        frames = [Image.open(path.with_name(f"{path.stem}_r{one.index}.png")) for one in trace.rounds]
        film_strip(frames, trace, sample.prompt.text).save(out)
        print(f"{out}: {sample.prompt.id}")
        return
    sys.exit(f"{run}: no picture was made right by {EDITS} edits or more")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
