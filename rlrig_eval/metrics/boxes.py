"""What published rules measure on boxes: (x0, y0, x1, y1) in pixels, y down, x1 > x0 and y1 > y0."""

from __future__ import annotations

from typing import NamedTuple

from rlrig_eval.scene import Box

Point = tuple[float, float]


class Detection(NamedTuple):
    """One thing that a detector found: its label, its box, and the detector's confidence in [0, 1]."""

    category: str
    box: Box
    score: float = 1.0


def centre(box: Box) -> Point:
    """(x, y) of the middle, in pixels."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def area(box: Box) -> float:
    """Width times height, in square pixels; negative for a box that is inside out along one axis."""
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(a: Box, b: Box) -> float:
    """The area that two boxes share, in square pixels."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def iou(a: Box, b: Box) -> float:
    """Shared area over united area, in [0, 1]; 0 when neither box has any.

    >>> iou((0, 0, 2, 1), (1, 0, 3, 1))
    0.3333333333333333
    """
    shared = overlap(a, b)
    united = area(a) + area(b) - shared
    return shared / united if united else 0.0
