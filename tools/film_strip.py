"""python tools/film_strip.py RUN OUT.png: the film strip of a picture of a run that edits made right.

Of those that the Checker was satisfied with, that are read as wholly right, and whose last step was an edit, the one
with the most edits in its line, the first of them in the suite's order: chosen by rule, not by eye.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from rlrig.filmstrip import film_strip
from rlrig.trace import Trace
from rlrig_eval.runs import open_run


def main(run: Path, out: Path) -> None:
    """Write the strip; leaves with a message when no picture fits."""
    opened = open_run(run)
    best: tuple[int, Path, Trace, str] | None = None
    for sample in opened.samples:
        row, score = opened.rows.get(sample.id), opened.scores["graph"].get(sample.id)
        if row is None or row.trace is None or score is None or score.values.get("all_correct") != 1:
            continue
        path = run / row.trace
        trace = Trace.model_validate_json(path.read_text("utf-8"))
        edits = edits_behind(trace)
        if trace.stopped == "satisfied" and edits > (best[0] if best else 0):
            best = (edits, path, trace, sample.prompt.text)
    if best is None:
        sys.exit(f"{run}: no picture was made right by an edit")
    edits, path, trace, text = best
    frames = [Image.open(path.with_name(f"{path.stem}_r{one.index}.png")) for one in trace.rounds]
    film_strip(frames, trace, text).save(out)
    print(f"{out}: {text} ({edits} edits)")


def edits_behind(trace: Trace) -> int:
    """How many edits lie between the chosen picture and the drawing that it goes back to."""
    at, edits = trace.rounds[trace.chosen], 0
    while at.parent is not None:
        at, edits = trace.rounds[at.parent], edits + 1
    return edits


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
