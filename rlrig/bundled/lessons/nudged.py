"""Scenes in which a thing stands a little off: what their prompt asks for may just fail, as in a Diffuser's pictures.

A layout meets or misses every rule by a margin, so that nothing that it gives is a near miss.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rlrig_eval.scene import SceneGraph
from rlrig_eval.scene.geometry import gaps
from rlrig_eval.shapes import CANVAS, truth
from rlrig_eval.shapes.constraints import OVERLAPPING
from rlrig_eval.shapes.placement import BORDER

_STEP = 4  # canvas pixels: the Diffuser's things keep to a grid
_STEPS = (3, 6)  # at most so many along an axis: what nearly holds, or what looks as if it did
_APART = 2  # canvas pixels between two boxes
_MOST = 2  # things that are moved


def nudged(rng: Generator, scene: SceneGraph) -> SceneGraph:
    """The truth of `scene` with a thing or two moved, where there is room; what overlaps another stays where it is."""
    boxes = {entity.id: np.asarray(entity.box, dtype=np.float64) for entity in scene.entities}
    laid = {name for r in scene.relations if r.predicate in OVERLAPPING for name in (r.subject, *r.objects)}
    free = [name for name in boxes if name not in laid]
    for name in (free[i] for i in rng.permutation(len(free))[: int(rng.integers(1, _MOST + 1))]):
        others = np.array([box for other, box in boxes.items() if other != name]).reshape(-1, 4)
        room = [box for box in _around(boxes[name], int(rng.choice(_STEPS))) if (gaps(box, others) >= _APART).all()]
        if room:
            boxes[name] = room[int(rng.integers(len(room)))]
    return truth(
        SceneGraph(entities=tuple(e.model_copy(update={"box": tuple(map(float, boxes[e.id]))}) for e in scene.entities))
    )


def _around(box: NDArray[np.float64], most: int) -> list[NDArray[np.float64]]:
    """`box` moved by every number of steps up to `most` along both axes that leaves it on the canvas."""
    line = _STEP * np.arange(-most, most + 1)
    moved = [box + np.array([dx, dy, dx, dy]) for dx in line for dy in line if dx or dy]
    return [one for one in moved if one.min() >= BORDER and one.max() <= CANVAS - BORDER]
