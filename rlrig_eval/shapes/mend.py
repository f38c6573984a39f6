"""Put right what damage did to the cut: parts of one thing joined, blends handed back, bled-out colours restored."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from rlrig_eval.shapes.blends import GROUND_LABEL, nearest, paint_of_sum
from rlrig_eval.shapes.segment import TOUCH, Patch, Segments
from rlrig_eval.shapes.stacking import Reading
from rlrig_eval.shapes.templates import covered

_PART = 0.8  # a patch so far within the stamp of another of its paint is a part of that thing
_THIN = 2  # canvas pixels from a pixel of a blend to its rim, at most
_BLEED = 3  # canvas pixels that a damaged colour runs


def mend(segments: Segments, readings: Sequence[Reading], recognised: float) -> Segments | None:
    """`segments` with one patch put right, or None when each stands for itself.

    `recognised` is the likeness from which a patch is taken for what its stamp says.
    """
    for reading in readings:
        whole = next((other for other in readings if _is_part(reading, other)), None)
        if whole is not None:
            return _joined(segments, reading.patch, whole.patch)
    for reading in sorted(readings, key=lambda found: found.stamp.likeness):
        if reading.stamp.likeness >= recognised or not _thin(reading.patch):
            continue
        mended = _handed_back(segments, reading.patch) or _repainted(segments, reading.patch)
        if mended is not None:
            return mended
    return None


def _thin(patch: Patch) -> bool:
    return bool(ndimage.distance_transform_cdt(patch.mask, "chessboard").max() <= _THIN)


def _is_part(part: Reading, whole: Reading) -> bool:
    if part is whole or part.patch.paint != whole.patch.paint or part.patch.area > whole.patch.area:
        return False
    stamp = covered(whole.stamp) >= 0.5
    return bool((stamp & part.patch.mask).sum() >= _PART * part.patch.area)


def _joined(segments: Segments, part: Patch, whole: Patch) -> Segments:
    union = Patch(whole.paint, part.mask | whole.mask)
    kept = tuple(patch for patch in segments.patches if patch is not part and patch is not whole)
    return replace(segments, patches=(*kept, union))


def _handed_back(segments: Segments, blend: Patch) -> Segments | None:
    """Each pixel of a blend given to the patch beside it, or the ground, whose colour is the nearest."""
    rim = ndimage.binary_dilation(blend.mask, TOUCH)
    beside = [patch for patch in segments.patches if patch is not blend and (patch.mask & rim).any()]
    if not beside:
        return None
    side = nearest(segments.pixels, [GROUND_LABEL, *(patch.paint for patch in beside)])
    grown = {
        id(patch): Patch(patch.paint, patch.mask | (blend.mask & (side == number)))
        for number, patch in enumerate(beside, start=1)
    }
    kept = tuple(grown.get(id(patch), patch) for patch in segments.patches if patch is not blend)
    return replace(segments, patches=kept)


def _repainted(segments: Segments, pale: Patch) -> Segments | None:
    """A thin patch in the colour that it and what ran out of it add up to: damage moves colour, and keeps its sum."""
    near = ndimage.binary_dilation(pale.mask, TOUCH, iterations=_BLEED)
    for patch in segments.patches:
        if patch is not pale:
            near &= ~ndimage.binary_dilation(patch.mask, TOUCH, iterations=_BLEED)
    if not near.any():
        return None
    paint = paint_of_sum(segments.pixels[near])
    if paint == pale.paint:
        return None
    bits, _ = ndimage.label(segments.dirt | pale.mask, TOUCH)
    mask = np.isin(bits, np.unique(bits[pale.mask]))
    kept = tuple(patch for patch in segments.patches if patch is not pale)
    return replace(segments, patches=(*kept, Patch(paint, mask)), dirt=segments.dirt & ~mask)
