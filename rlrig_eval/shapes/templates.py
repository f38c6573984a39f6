"""Every shape at every extent as a soft stamp, and the search for the stamp that a patch of paint is."""

from collections.abc import Iterator
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

NAMES: tuple[str, ...] = tuple(SHAPES)
_LEAST, _MOST = 10, 36  # extents searched, in canvas pixels
_TIPS = 3  # a star or a triangle may reach this much further than what is seen of it
_HIDDEN = 1.4  # a half hidden thing may be this much larger than what is seen of it
_SOFT = (0.7, 1.2)  # standard deviations of blurred edges, in canvas pixels
_HIDING_COST = 0.01  # of a hidden pixel: of two equal explanations the one that hides less


@dataclass(frozen=True)
class Stamp:
    """A shape at a place: corner and extent in canvas pixels. `error` is the squared error, in pixels, of the fit,
    `likeness` its overlap with what can be seen (IoU, 0 to 1)."""

    shape: str
    extent: int
    x: int
    y: int
    error: float
    likeness: float

    @property
    def box(self) -> Box:
        return (float(self.x), float(self.y), float(self.x + self.extent), float(self.y + self.extent))


def match(share: Field, weight: Field, seen: tuple[int, int, int, int], partial: bool) -> Stamp:
    """The stamp T that minimises sum(weight * (share - T)^2) over shapes, extents and places.

    Args:
        share: how much of each pixel is this paint.
        weight: 0 where something nearer may hide it, 1 elsewhere.
        seen: bounds (x0, y0, x1, y1) of the paint that is seen, which the stamp's box holds to within a pixel.
        partial: whether a part may be hidden, so that the thing may be larger than what is seen.
    """
    finalists: dict[int, tuple[float, int, int, int]] = {}
    for extent, x, y, errors in _searched(share, weight, seen, partial):
        rows = errors.argmin(0)
        for shape, row in enumerate(rows):
            error = float(errors[row, shape])
            if shape not in finalists or error < finalists[shape][0]:
                finalists[shape] = (error, extent, int(x[row]), int(y[row]))
    return min(
        (_judged(share, weight, NAMES[shape], *place) for shape, (_, *place) in finalists.items()),
        key=lambda stamp: stamp.error,
    )


def _searched(
    share: Field, weight: Field, seen: tuple[int, int, int, int], partial: bool
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64], Field]]:
    """For each extent the corners tried, x and y (n,), and the errors (n, shapes) less their common constant."""
    x0, y0, x1, y1 = seen
    span = max(x1 - x0, y1 - y0)
    largest = round(span * _HIDDEN) + 2 if partial else span + _TIPS
    known, hidden = np.pad(share * weight, _MOST), np.pad(1 - weight, _MOST, constant_values=1)
    for extent in range(min(max(_LEAST, span - 1), _MOST), min(max(_LEAST, largest), _MOST) + 1):
        xs = np.arange(min(x1 - 1 - extent, x0 + 1), x0 + 2)
        ys = np.arange(min(y1 - 1 - extent, y0 + 1), y0 + 2)
        stamps, squares = _bank(extent)
        window = np.s_[ys[0] + _MOST : ys[-1] + _MOST + extent, xs[0] + _MOST : xs[-1] + _MOST + extent]
        places = len(ys) * len(xs)
        paint = sliding_window_view(known[window], (extent, extent)).reshape(places, -1)
        veil = sliding_window_view(hidden[window], (extent, extent)).reshape(places, -1)
        errors = squares.sum(0) - (1 - _HIDING_COST) * (veil @ squares) - 2 * (paint @ stamps)
        y, x = np.repeat(ys, len(xs)), np.tile(xs, len(ys))
        yield extent, x, y, errors


def _judged(share: Field, weight: Field, shape: str, extent: int, x: int, y: int) -> Stamp:
    """The stamp at a place, its edges as soft as suits the picture best."""
    sharp = _placed(shape, extent, x, y)
    hiding = _HIDING_COST * float(((1 - weight) * sharp).sum())
    stamps = [sharp, *(ndimage.gaussian_filter(sharp, softness) for softness in _SOFT)]
    errors = [float((weight * (share - stamp) ** 2).sum()) for stamp in stamps]
    best = stamps[int(np.argmin(errors))]
    return Stamp(shape, extent, x, y, min(errors) + hiding, _iou(share, best, weight))


def covered(stamp: Stamp) -> Field:
    """How much of each canvas pixel the whole stamp covers."""
    return _placed(stamp.shape, stamp.extent, stamp.x, stamp.y)


def _placed(shape: str, extent: int, x: int, y: int) -> Field:
    canvas = np.zeros((CANVAS + 2 * _MOST,) * 2, dtype=np.float32)
    canvas[y + _MOST : y + _MOST + extent, x + _MOST : x + _MOST + extent] = _stamp(shape, extent)
    return canvas[_MOST:-_MOST, _MOST:-_MOST]


def _iou(one: Field, other: Field, weight: Field) -> float:
    both, either = np.minimum(one, other), np.maximum(one, other)
    return float((weight * both).sum() / max(1e-9, (weight * either).sum()))


@lru_cache(maxsize=64)
def _bank(extent: int) -> tuple[Field, Field]:
    """(extent * extent, shapes) stamps, and their squares."""
    stamps = np.stack([_stamp(name, extent).ravel() for name in NAMES], -1)
    return stamps, stamps**2


@lru_cache(maxsize=512)
def _stamp(shape: str, extent: int) -> Field:
    whole = coverage(shape, (0.0, 0.0, float(extent), float(extent)))
    return whole[:extent, :extent].astype(np.float32)
