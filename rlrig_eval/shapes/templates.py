"""Every shape at every extent as a soft stamp, and the search for the stamp that a patch of paint is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage

from rlrig_eval.scene.graph import Box
from rlrig_eval.shapes.draw import CANVAS, coverage
from rlrig_eval.shapes.vocabulary import SHAPES

Field = NDArray[np.float32]
"""(64, 64) values of the canvas pixels, 0 to 1."""
Bounds = tuple[int, int, int, int]
"""(x0, y0, x1, y1) in canvas pixels, the far edges exclusive."""
Place = tuple[str, int, int, int]
"""(shape, extent, x, y): a shape, its extent and its corner in canvas pixels."""
Window = tuple[int, NDArray[np.int64], NDArray[np.int64]]
"""An extent with the corners (xs, ys), two unbroken ranges, at which a search tries it."""

_NAMES: tuple[str, ...] = tuple(SHAPES)
_LEAST, _MOST = 10, 36  # extents searched, in canvas pixels
_HIDDEN = 1.4  # a half hidden thing may be this much larger than what is seen of it ...
_TIPS = 3  # ... and the tips of a star or a triangle may reach this much further than what is seen of them
_SOFT = (0.0, 0.7, 1.2)  # standard deviations of blurred edges that are tried, in canvas pixels
_FINALISTS = 3  # extents of one shape that are judged
_DOUBT = 4.0  # squared error, in pixels, that soft edges may put on the true stamp
_SPREAD = 5  # how far a blurred edge runs, in canvas pixels
_SHOWN = 0.2  # of a thing of which less is seen nobody can tell the shape
_HIDING_COST = 0.01  # of a hidden pixel: of two equal explanations the one that hides less


@dataclass(frozen=True)
class Stamp:
    """A shape at a place: corner and extent in canvas pixels.

    `error` is the squared error of the fit, in pixels; `likeness` its overlap with what is seen (IoU, 0 to 1).
    """

    shape: str
    extent: int
    x: int
    y: int
    error: float
    likeness: float

    @property
    def place(self) -> Place:
        return self.shape, self.extent, self.x, self.y

    @property
    def box(self) -> Box:
        return (float(self.x), float(self.y), float(self.x + self.extent), float(self.y + self.extent))


def match(share: Field, weight: Field, seen: Bounds, reach: Bounds) -> Stamp:
    """The stamp T that minimises sum(weight * (share - T)^2) over shapes, extents and places.

    Args:
        share: how much of each pixel is this paint.
        weight: 0 where something nearer may hide it, 1 elsewhere.
        seen: where its paint is seen; the stamp's box holds it to within a pixel.
        reach: where else the stamp may lie hidden; it holds `seen` and, but for tips, the stamp's box.
    """
    found = shortlist(share, weight, _holding(seen, reach))
    # Soft edges change which shape and extent fit best, so whatever comes near the best with hard edges is judged.
    limit = 2 * found[0][0] + _DOUBT
    judged = [_judged(share, weight, *place) for error, place in found if error <= limit]
    return min(judged, key=lambda stamp: stamp.error)


def shortlist(share: Field, weight: Field, windows: Iterable[Window]) -> list[tuple[float, Place]]:
    """The few best extents of each shape, each at its best place, with their errors, the least first.

    Args:
        share: how much of each pixel is the paint that is looked for.
        weight: what the squared error of each pixel counts, 0 to 1; 0 hides it.
        windows: where to look.
    """
    total = float((weight * share**2).sum())
    found: dict[str, list[tuple[float, Place]]] = {shape: [] for shape in _NAMES}
    for extent, x, y, errors in _searched(share, weight, windows):
        for shape, row in zip(_NAMES, errors.argmin(0), strict=True):
            error = total + float(errors[row, _NAMES.index(shape)])
            found[shape].append((error, (shape, extent, int(x[row]), int(y[row]))))
    return sorted(place for tried in found.values() for place in sorted(tried)[:_FINALISTS])


def around(place: Place, larger: int, aside: int) -> Iterator[Window]:
    """Extents that differ by up to `larger`, with centres up to `aside` pixels away on either axis."""
    _, extent, x, y = place
    for other in range(max(_LEAST, extent - larger), min(_MOST, extent + larger) + 1):
        shift = (extent - other) // 2
        steps = np.arange(shift - aside, shift + aside + 1)
        yield other, steps + x, steps + y


def covered(place: Place) -> Field:
    """How much of each canvas pixel the whole shape covers."""
    return _placed(*place)


def _holding(seen: Bounds, reach: Bounds) -> Iterator[Window]:
    span = max(seen[2] - seen[0], seen[3] - seen[1])
    room = max(reach[2] - reach[0], reach[3] - reach[1])
    least, most = np.clip([span - 1, min(round(span * _HIDDEN), room) + _TIPS], _LEAST, _MOST)
    for extent in range(least, most + 1):
        xs = _corners(extent, seen[0], seen[2], reach[0], reach[2])
        ys = _corners(extent, seen[1], seen[3], reach[1], reach[3])
        yield extent, xs, ys


def _searched(
    share: Field, weight: Field, windows: Iterable[Window]
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64], Field]]:
    """For each extent the corners tried, x and y (n,), and the errors (n, shapes) less a common constant."""
    known, hidden = np.pad(share * weight, _MOST), np.pad(1 - weight, _MOST, constant_values=1)
    for extent, xs, ys in windows:
        stamps, squares = _bank(extent)
        window = np.s_[ys[0] + _MOST : ys[-1] + _MOST + extent, xs[0] + _MOST : xs[-1] + _MOST + extent]
        places = len(ys) * len(xs)
        paint = sliding_window_view(known[window], (extent, extent)).reshape(places, -1)
        errors = squares.sum(0) - 2 * (paint @ stamps)
        if hidden[window].any():
            veil = sliding_window_view(hidden[window], (extent, extent)).reshape(places, -1)
            errors -= (1 - _HIDING_COST) * (veil @ squares)
        yield extent, np.tile(xs, len(ys)), np.repeat(ys, len(xs)), errors


def _corners(extent: int, low: int, high: int, least: int, most: int) -> NDArray[np.int64]:
    """Places along one axis where a stamp holds what is seen, [low, high), and is in reach, [least, most)."""
    first = max(min(high - 1 - extent, low + 1), least - _TIPS)
    last = max(first, min(low + 1, most + _TIPS - extent))
    return np.arange(first, last + 1)


def _judged(share: Field, weight: Field, shape: str, extent: int, x: int, y: int) -> Stamp:
    """The stamp at a place, its edges as soft as suits the picture best."""
    whole = _placed(shape, extent, x, y)
    shown = float((weight * whole).sum())
    hidden = float(whole.sum()) - shown
    stamps = [_placed(shape, extent, x, y, softness) for softness in _SOFT]
    errors = [float((weight * (share - stamp) ** 2).sum()) for stamp in stamps]
    guess = shown < _SHOWN * float(whole.sum())
    likeness = 0.0 if guess else _iou(share, stamps[int(np.argmin(errors))], weight)
    return Stamp(shape, extent, x, y, min(errors) + _HIDING_COST * hidden, likeness)


def _iou(one: Field, other: Field, weight: Field) -> float:
    both, either = np.minimum(one, other), np.maximum(one, other)
    return float((weight * both).sum() / max(1e-9, (weight * either).sum()))


def _placed(shape: str, extent: int, x: int, y: int, softness: float = 0.0) -> Field:
    """The stamp on the canvas, (64, 64); what lies past the border is cut off."""
    stamp = _stamp(shape, extent, softness)
    top, left, size = y - _SPREAD, x - _SPREAD, len(stamp)
    canvas = np.zeros((CANVAS, CANVAS), dtype=np.float32)
    canvas[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = stamp[
        max(-top, 0) : max(CANVAS - top, 0), max(-left, 0) : max(CANVAS - left, 0)
    ]
    return canvas


@lru_cache(maxsize=64)
def _bank(extent: int) -> tuple[Field, Field]:
    """(extent * extent, shapes) stamps, and their squares."""
    inner = slice(_SPREAD, -_SPREAD)
    stamps = np.stack([_stamp(name, extent, 0.0)[inner, inner].ravel() for name in _NAMES], -1)
    return stamps, stamps**2


@lru_cache(maxsize=1024)
def _stamp(shape: str, extent: int, softness: float) -> Field:
    """The shape with a margin of _SPREAD on every side."""
    whole = coverage(shape, (0.0, 0.0, float(extent), float(extent)))[:extent, :extent]
    return np.asarray(ndimage.gaussian_filter(np.pad(whole, _SPREAD), softness), dtype=np.float32)
