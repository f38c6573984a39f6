"""T2I-CompBench and ++ (arXiv 2307.06350; Karine-Huang/T2I-CompBench `UniDet_eval/{2D,3D}_spatial_eval.py`).

A pair of boxes gets a soft position score in [0, 1]; the image's score adds the detector's confidences:
S = s1/4 + s2/4 + pos/2 with both things found, s/4 with one, 0 with none. Boxes are in the pixels of the picture
as the detector resized it, its long side at most 480.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, nan

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.metrics.boxes import centre, iou
from rlrig_eval.metrics.variant import Variant, is_corrected
from rlrig_eval.scene import Box

LONG_SIDE = 480.0  # pixels, of the resized picture
NEAR = 150.0  # pixels of it: how far apart "next to" may be
SLIGHT = 0.1  # IoU under which two things stand beside each other
OVERLAPPING = 0.5  # IoU from which one thing is wholly before the other
LEAST_2D = 0.5  # an image that scores less scores 0

BESIDE = ("on side of", "next to", "near")
LOCALITIES_2D = (*BESIDE, "on the left of", "on the right of", "on the bottom of", "on the top of", "on top of")
LOCALITIES_3D = ("in front of", "behind", "hidden")
_SAME = {"on top of": "on the top of", "on bottom of": "on the bottom of"}
PEOPLE = ("girl", "boy", "man", "woman")  # the detector calls all of them "person"

Depth = NDArray[np.floating]
"""(height, width), the larger the nearer: the inverse depth of DPT, as published scaled to [0, 1]."""


def compbench_locality(prompt: str, localities: Sequence[str] = LOCALITIES_2D) -> str | None:
    """The first of the `localities` that `prompt` contains anywhere, as published; None when there is none.

    >>> compbench_locality("a vase on top of a table"), compbench_locality("a dog behind a car", LOCALITIES_3D)
    ('on top of', 'behind')
    """
    return next((locality for locality in localities if locality in prompt), None)


def compbench_position_2d(
    box_1: Box, box_2: Box, locality: str | None, variant: Variant = "published", long_side: float = LONG_SIDE
) -> float:
    """How far thing 1 stands as `locality` says to thing 2, in [0, 1]; no or an unknown locality is 0.

    Left, right, top, bottom: the offset of the centres points that way and is longer than across; 1 with an IoU under
    .1, else .1/IoU. Next to: 1 if the offset is under 150 px along *either* axis, else 150 over the longer offset.

    "corrected" asks for both axes, takes 150 px as a share of `long_side` (the picture's longer side in the
    pixels of the boxes, which "published" ignores), and reads "on top of" as "on the top of".

    >>> compbench_position_2d((0, 0, 20, 20), (440, 10, 460, 30), "next to")
    1.0
    >>> round(compbench_position_2d((0, 0, 20, 20), (440, 10, 460, 30), "next to", "corrected"), 3)
    0.341
    """
    (x1, y1), (x2, y2) = centre(box_1), centre(box_2)
    dx, dy = x2 - x1, y2 - y1
    if is_corrected(variant):
        locality = _SAME.get(locality or "", locality)
    if locality in BESIDE:
        if not is_corrected(variant):
            near = abs(dx) < NEAR or abs(dy) < NEAR
            return 1.0 if near else NEAR / max(abs(dx), abs(dy))
        reach, apart = NEAR / LONG_SIDE * long_side, max(abs(dx), abs(dy))
        return 1.0 if apart < reach else reach / apart
    along, across = {
        "on the left of": (dx, dy),
        "on the right of": (-dx, dy),
        "on the top of": (dy, dx),
        "on the bottom of": (-dy, dx),
    }.get(locality or "", (0.0, 0.0))
    if along <= abs(across):
        return 0.0
    shared = iou(box_1, box_2)
    return 1.0 if shared < SLIGHT else SLIGHT / shared


def compbench_2d(
    box_1: Box | None,
    box_2: Box | None,
    locality: str | None,
    score_1: float = 1.0,
    score_2: float = 1.0,
    variant: Variant = "published",
    long_side: float = LONG_SIDE,
) -> float:
    """The 2D score of an image in [0, 1]: S (see the module), cut to 0 under .5.

    A box is that of the first instance of its label, None when there is none; `score_1` and `score_2` are their
    confidences. `variant` and `long_side` are those of `compbench_position_2d`.

    >>> compbench_2d((0, 0, 40, 40), (200, 0, 240, 40), "on the left of", 0.9, 0.7)
    0.9
    >>> compbench_2d((0, 0, 40, 40), (200, 0, 240, 40), "on the right of", 0.9, 0.7)
    0.0
    """
    position = 0.0
    if box_1 is not None and box_2 is not None:
        position = compbench_position_2d(box_1, box_2, locality, variant, long_side)
    score = _image_score(box_1, box_2, score_1, score_2, position)
    return score if score >= LEAST_2D else 0.0


def compbench_position_3d(
    box_1: Box, box_2: Box, depth_1: float, depth_2: float, locality: str | None, variant: Variant = "published"
) -> float:
    """How far thing 1 is in front of or behind thing 2, in [0, 1]; no or an unknown locality is 0.

    The mean depth (the larger the nearer, any unit) decides the order. "published" multiplies by IoU/.5, at most 1:
    things that do not overlap score 0, and so does an IoU of exactly .5. "corrected" is the order alone.

    >>> compbench_position_3d((0, 0, 10, 10), (20, 0, 30, 10), 0.9, 0.2, "in front of")
    0.0
    >>> compbench_position_3d((0, 0, 10, 10), (20, 0, 30, 10), 0.9, 0.2, "in front of", "corrected")
    1.0
    """
    nearer = {"in front of": depth_1 > depth_2, "behind": depth_1 < depth_2, "hidden": depth_1 < depth_2}
    if not nearer.get(locality or "", False):
        return 0.0
    if is_corrected(variant):
        return 1.0
    shared = iou(box_1, box_2)
    if shared == OVERLAPPING:
        return 0.0
    return min(1.0, shared / OVERLAPPING)


def compbench_3d(
    box_1: Box | None,
    box_2: Box | None,
    depth_1: float,
    depth_2: float,
    locality: str | None,
    variant: Variant = "published",
    score_1: float = 1.0,
    score_2: float = 1.0,
) -> float:
    """The 3D score of an image in [0, 1]: S (see the module), with no cut.

    Depths are those of `compbench_depth` (the larger the nearer; of a thing that was not found, anything).

    >>> compbench_3d((0, 0, 10, 10), (0, 0, 10, 5), 0.9, 0.2, "behind", score_1=0.8, score_2=0.6)
    0.35
    """
    position = 0.0
    if box_1 is not None and box_2 is not None:
        position = compbench_position_3d(box_1, box_2, depth_1, depth_2, locality, variant)
    return _image_score(box_1, box_2, score_1, score_2, position)


def compbench_depth(depth: Depth, box: Box, variant: Variant = "published") -> float:
    """The mean of a depth map within a box; NaN, which no order holds for, when the cut is empty.

    "published" cuts x along the first axis and y along the second: of an (height, width) map, what lies under the
    transposed box. "corrected" cuts the pixels that the box touches.

    >>> left_half_near = np.repeat([[1.0, 1.0, 0.0, 0.0]], 4, axis=0)
    >>> compbench_depth(left_half_near, (0, 2, 2, 4)), compbench_depth(left_half_near, (0, 2, 2, 4), "corrected")
    (0.0, 1.0)
    """
    x0, y0, x1, y1 = box
    if is_corrected(variant):
        cut = depth[max(0, floor(y0)) : max(0, ceil(y1)), max(0, floor(x0)) : max(0, ceil(x1))]
    else:
        cut = depth[int(x0) : int(x1), int(y0) : int(y1)]
    return float(cut.mean()) if cut.size else nan


def compbench_instances(
    labels: Sequence[str], noun_1: str, noun_2: str, variant: Variant = "published"
) -> tuple[int | None, int | None]:
    """Which detections the 3D rule takes for two nouns: indices into `labels`, which come most confident first.

    A label counts when it contains the noun. "corrected" takes the first of each, and two things for two nouns: of
    one label that both nouns ask for, the first two, or None for the second. "published" goes on taking later
    ones until both are found, so the noun that is met first gets the last instance before the other one; a noun that
    stands twice is one thing, held against itself.

    >>> compbench_instances(["dog", "dog", "racing car"], "dog", "car")
    (1, 2)
    >>> compbench_instances(["dog", "dog", "racing car"], "dog", "car", "corrected")
    (0, 2)
    >>> compbench_instances(["desk", "cup", "desk"], "desk", "desk", "corrected")
    (0, 2)
    """
    nouns = ("person" if noun in PEOPLE else noun for noun in (noun_1, noun_2))
    first, second = ([index for index, label in enumerate(labels) if noun in label] for noun in nouns)
    if not first or not second:
        return next(iter(first), None), next(iter(second), None)
    if is_corrected(variant):
        return next(((one, other) for one in first for other in second if one != other), (first[0], None))
    stop = max(first[0], second[0])
    return max(i for i in first if i <= stop), max(i for i in second if i <= stop)


def _image_score(box_1: Box | None, box_2: Box | None, score_1: float, score_2: float, position: float) -> float:
    found_1, found_2 = box_1 is not None, box_2 is not None
    score = 0.25 * score_1 * found_1 + 0.25 * score_2 * found_2
    return score + position / 2 if found_1 and found_2 else score
