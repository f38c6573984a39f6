"""HEIM's detection scores on PaintSkills (arXiv 2311.04287; stanford-crfm/helm `.../detectors/vitdet.py`)."""

from __future__ import annotations

from collections.abc import Sequence

from rlrig_eval.metrics.boxes import Detection, Point, centre
from rlrig_eval.metrics.variant import Variant, is_corrected

RELATIONS = ("left", "right", "above", "below")


def paintskills_object(detections: Sequence[Detection], category: str) -> bool:
    """Whether the most confident detection is of `category`."""
    return bool(detections) and max(detections, key=lambda found: found.score).category == category


def paintskills_count(detections: Sequence[Detection], category: str, count: int) -> bool:
    """Whether exactly `count` things of `category` were found, and anything at all."""
    return bool(detections) and sum(found.category == category for found in detections) == count


def paintskills_spatial(
    detections: Sequence[Detection], objects: tuple[str, str], relation: str, variant: Variant = "published"
) -> bool:
    """Whether object *2* stands as `relation` ("right", "above_..." : its first word) to object 1.

    Exactly one box of each class, or it is wrong. The longer axis of the offset decides, a tie is vertical. "published"
    measures the offset between top-left corners, so sizes decide too; and for two objects of one class it asks
    for one box, whose offset from itself is a tie: "above" and "below" are right. "corrected" measures between
    centres, lets a tie be nothing, and asks for two boxes of a class that is named twice.

    Raises:
        ValueError: an unknown relation.

    >>> small, large = Detection("cat", (40, 60, 60, 80)), Detection("dog", (70, 0, 270, 200))
    >>> paintskills_spatial([small, large], ("cat", "dog"), "above")
    True
    >>> paintskills_spatial([small, large], ("cat", "dog"), "right", "corrected")
    True
    """
    relation = relation.split("_")[0]
    if relation not in RELATIONS:
        raise ValueError(f"unknown relation {relation!r}: PaintSkills has {', '.join(RELATIONS)}")
    corrected, same = is_corrected(variant), objects[0] == objects[1]
    first, second = ([found for found in detections if found.category == name] for name in objects)
    if corrected and same:
        first, second = first[:1], first[1:]
    if len(first) != 1 or len(second) != 1:
        return False
    (x1, y1), (x2, y2) = (_place(found, corrected) for found in (first[0], second[0]))
    across, down = abs(x2 - x1), abs(y2 - y1)
    if corrected and across == down:
        return False
    if across > down:
        return relation in ("left", "right") if same else relation == ("right" if x1 < x2 else "left")
    return relation in ("above", "below") if same else relation == ("above" if y1 > y2 else "below")


def _place(found: Detection, corrected: bool) -> Point:
    return centre(found.box) if corrected else found.box[:2]
