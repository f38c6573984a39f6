"""python tools/film_strip.py RUN OUT.png: the film strip of a picture of a run that edits made right.

Of those that the Checker was satisfied with, that are read as wholly right, and whose last step was an edit, the one
with the most different edits in its line, the first of them in the suite's order: chosen by rule, not by eye.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from rlrig.filmstrip import film_strip
from rlrig.trace import Trace
from rlrig_eval.runs import open_run


def main(run: Path, out: Path) -> None:
    """Write the strip; leaves with a message when no picture fits."""
    path, trace, text = max(made_right(run), key=lambda one: edits_behind(one[1]), default=(run, None, ""))
    if trace is None:
        sys.exit(f"{run}: no picture was made right by an edit")
    frames = [Image.open(path.with_name(f"{path.stem}_r{one.index}.png")) for one in trace.rounds]
    film_strip(frames, trace, text).save(out)
    print(f"{out}: {text} ({edits_behind(trace)} different edits)")


def made_right(run: Path) -> Iterator[tuple[Path, Trace, str]]:
    """File, trace and prompt of each picture of the run that an edit made right, in the suite's order."""
    opened = open_run(run)
    for sample in opened.samples:
        row, score = opened.rows.get(sample.id), opened.scores["graph"].get(sample.id)
        if row is None or row.trace is None or score is None or score.values.get("all_correct") != 1:
            continue
        path = run / row.trace
        trace = Trace.model_validate_json(path.read_text("utf-8"))
        if trace.stopped == "satisfied" and edits_behind(trace):
            yield path, trace, sample.prompt.text


def edits_behind(trace: Trace) -> int:
    """How many different edits lie between the chosen picture and the drawing that it goes back to."""
    at, told = trace.rounds[trace.chosen], set[str | None]()
    while at.parent is not None:
        told.add(at.instruction)
        at = trace.rounds[at.parent]
    return len(told)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
