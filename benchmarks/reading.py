"""Reading a drawing back against drawing it."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Contest, Result, calling, hold
from rlrig_eval.shapes import draw, read, sample


def run(pictures: int = 16, rounds: int = 5) -> list[Result]:
    """Milliseconds a picture, over random scenes of one to four things."""
    rng = np.random.default_rng(0)
    scenes = [sample(rng) for _ in range(pictures)]
    drawn = [draw(scene) for scene in scenes]
    contest = Contest(
        name="shapes.read",
        ours="shapes.read",
        peer="shapes.draw",
        unit="picture",
        units=pictures,
        our_turn=calling(lambda: [read(picture) for picture in drawn]),
        peer_turn=calling(lambda: [draw(scene) for scene in scenes]),
    )
    return [hold(contest, rounds)]
