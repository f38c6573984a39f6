"""What a detector saw, as a scene graph: boxes, depth, colours, and every relation that holds with margin. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.metrics import Detection
from rlrig_eval.scene import Box, Entity, Relation, SceneGraph
from rlrig_eval.scene.geometry import relations

DEPTH_MARGIN = 0.1
"""Share of the picture's range of nearness by which two things must differ to be one in front of the other."""
MOST_RELATED = 40
"""So many of the most confident things are related with each other: "between" looks at all triples."""

Nearness = NDArray[np.float32]
"""(height, width), 0 for the farthest pixel of the picture to 1 for the nearest."""


def graph_of(
    detections: Sequence[Detection],
    size: tuple[int, int],
    nearness: Nearness | None = None,
    colours: Sequence[str | None] = (),
) -> SceneGraph:
    """Entities in the order of `detections` (published rules take the first of a category), and their relations.

    Args:
        size: (width, height) of the picture, in the pixels of the boxes. Thresholds of `scene.geometry` are shares of
            the side of a square of the same area.
        nearness: decides "in front of": by the medians within the boxes, overlap or not. An entity's depth is 1 less
            its median.
        colours: one for each detection, or none.
    """
    boxes = [_inside(one.box, size) for one in detections]
    entities = [
        Entity(
            id=f"e{number}",
            category=one.category,
            attributes=() if not colours or (colour := colours[number]) is None else (colour,),
            box=box,
            depth=None if nearness is None else 1 - _median(nearness, box),
        )
        for number, (one, box) in enumerate(zip(detections, boxes, strict=True))
        if box is not None
    ]
    related = entities[:MOST_RELATED]
    # Without depths the geometry states no "in front of"; its rule for drawings asks for an overlap.
    flat = [entity.model_copy(update={"depth": None}) for entity in related]
    found = relations(flat, sqrt(size[0] * size[1]))
    return SceneGraph(entities=tuple(entities), relations=(*found, *_in_depth(related)))


def _in_depth(entities: Sequence[Entity]) -> list[Relation]:
    return [
        Relation(subject=near.id, predicate="in front of", object=far.id)
        for near, far in permutations(entities, 2)
        if near.depth is not None and far.depth is not None and far.depth - near.depth > DEPTH_MARGIN
    ]


def _inside(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box that lies in the picture; None when there is none."""
    x0, y0, x1, y1 = (min(max(float(end), 0.0), float(limit)) for end, limit in zip(box, (*size, *size), strict=True))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _median(nearness: Nearness, box: Box | None) -> float:
    x0, y0, x1, y1 = box or (0, 0, 0, 0)
    return float(np.median(nearness[floor(y0) : ceil(y1), floor(x0) : ceil(x1)]))
