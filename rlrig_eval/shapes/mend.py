"""Put right what damage did to a cut, while that explains the picture better.

Blur and compression tear thin things apart, blend paints into others, and let colour run out of its edges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy import ndimage

from rlrig_eval.scene.geometry import Mask
from rlrig_eval.shapes.blends import GROUND_LABEL, nearest
from rlrig_eval.shapes.segment import BLEED, SPECK, Patch, Segments, grown
from rlrig_eval.shapes.stacking import Reading, explain
from rlrig_eval.shapes.templates import covered

_MENDINGS = 6
_HOPELESS = 6  # so many patches of no known shape are no damage: that is another kind of picture
_PART = 0.8  # a patch so far within the stamp of another of its paint is a part of that thing
_THIN = 2  # canvas pixels from a pixel of a blend to its rim, at most
_THING_COST = 2.0  # squared error, in pixels, that one more thing must explain ...
_UNKNOWN_COST = 8.0  # ... and that one more thing of no known shape must


def mended(segments: Segments, recognised: float) -> list[Reading]:
    """The best explanation found, from the nearest thing to the farthest.

    Args:
        segments: the picture, cut up.
        recognised: the likeness from which a patch is taken for what its stamp says.
    """

    def cost(readings: Sequence[Reading]) -> float:
        unknown = len(readings) - _known(readings, recognised)
        error = sum(reading.stamp.error for reading in readings)
        return error + _THING_COST * len(readings) + _UNKNOWN_COST * unknown

    readings = explain(segments)
    for _ in range(_MENDINGS):
        for changed in _proposals(segments, readings, recognised):
            explained = explain(changed)
            if cost(explained) < cost(readings):
                segments, readings = changed, explained
                break
        else:
            break
    return readings


def _proposals(segments: Segments, readings: Sequence[Reading], recognised: float) -> Iterator[Segments]:
    """Other cuts of the same picture, only where the present one is in doubt."""
    doubtful = sorted(
        (reading for reading in readings if reading.stamp.likeness < recognised),
        key=lambda reading: reading.stamp.likeness,
    )
    if len(doubtful) > _HOPELESS:
        return
    for part in readings:
        for whole in readings:
            if _is_part(part, whole):
                yield _joined(segments, part.patch, whole.patch)
    for one, other in combinations(doubtful, 2):
        if one.patch.paint == other.patch.paint and _apart(one.patch, other.patch) <= BLEED:
            joined = _joined(segments, one.patch, other.patch)
            # Letters, too, come in pieces that lie close: together they must be something.
            if _known(explain(joined), recognised) > _known(readings, recognised):
                yield joined
    for reading in doubtful:
        yield from _reassigned(segments, reading, readings)
        if _thin(reading.patch):
            yield from _handed_back(segments, reading.patch)


def _known(readings: Sequence[Reading], recognised: float) -> int:
    return sum(reading.stamp.likeness >= recognised for reading in readings)


def _is_part(part: Reading, whole: Reading) -> bool:
    if part is whole or part.patch.paint != whole.patch.paint or part.patch.area > whole.patch.area:
        return False
    return bool((_stamped(whole) & part.patch.mask).sum() >= _PART * part.patch.area)


def _joined(segments: Segments, one: Patch, other: Patch) -> Segments:
    return _replaced(segments, [one, other], [Patch(one.paint, one.mask | other.mask)])


def _reassigned(segments: Segments, reading: Reading, readings: Sequence[Reading]) -> Iterator[Segments]:
    """The pixels of a patch that lie off its stamp and on a neighbour's, given to that neighbour."""
    loose = reading.patch.mask & ~_stamped(reading)
    for other in readings:
        moved = loose & grown(_stamped(other), 1)
        if other is reading or not moved.any() or (reading.patch.mask & ~moved).sum() < SPECK:
            continue
        mine = Patch(reading.patch.paint, reading.patch.mask & ~moved)
        theirs = Patch(other.patch.paint, other.patch.mask | moved)
        yield _replaced(segments, [reading.patch, other.patch], [mine, theirs])


def _handed_back(segments: Segments, blend: Patch) -> Iterator[Segments]:
    """Each pixel of a blend given to the patch beside it, or the ground, whose colour is the nearest."""
    rim = grown(blend.mask, 1)
    beside = [patch for patch in segments.patches if patch is not blend and (patch.mask & rim).any()]
    if beside:
        side = nearest(segments.pixels, [GROUND_LABEL, *(patch.paint for patch in beside)])
        widened = [
            Patch(patch.paint, patch.mask | (blend.mask & (side == number)))
            for number, patch in enumerate(beside, start=1)
        ]
        yield _replaced(segments, [blend, *beside], widened)


def _replaced(segments: Segments, old: Sequence[Patch], new: Sequence[Patch]) -> Segments:
    kept = [patch for patch in segments.patches if all(patch is not gone for gone in old)]
    return replace(segments, patches=(*kept, *new))


def _stamped(reading: Reading) -> Mask:
    return np.asarray(covered(reading.stamp.place) >= 0.5)


def _thin(patch: Patch) -> bool:
    return bool(ndimage.distance_transform_cdt(patch.mask, "chessboard").max() <= _THIN)


def _apart(one: Patch, other: Patch) -> float:
    return float(ndimage.distance_transform_cdt(~one.mask, "chessboard")[other.mask].min())
