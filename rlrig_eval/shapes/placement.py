"""Where a layout may put things: anywhere, or neatly on a grid."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rlrig_eval.shapes.draw import CANVAS
from rlrig_eval.shapes.vocabulary import LARGE, SMALL

BORDER = 1
PROPOSALS = 160
Point = tuple[float, float]
"""x and y in canvas pixels."""


@dataclass(frozen=True)
class Placement:
    """Extents of small and large things, and the grids (in canvas pixels, coarse to fine) that centres prefer.

    Without grids every integer place is as good as any other.
    """

    small: tuple[int, ...] = SMALL
    large: tuple[int, ...] = LARGE
    grids: tuple[int, ...] = ()
    rows: bool = False
    """Whether a thing of a stated row (a left of b, b left of c, ...) is tried at its own place in that row alone."""
    clear: float = 0.0
    """Canvas pixels by more than which what is stated holds, overlaps and negations aside."""


FREE = Placement()
NEAT = Placement(small=(14,), large=(24,), grids=(8, 4))
"""One size of each kind, centres on an 8-pixel grid where that is possible and on a 4-pixel grid elsewhere.

Every rule of the world holds as it does anywhere, but a small Diffuser has far fewer pictures of a prompt to learn.
"""
CLEAR = replace(NEAT, clear=4.0)
"""As neat, and such that what is stated still holds where a thing comes out a pixel or two off."""
CLOSE = Placement(small=(10,), rows=True)
"""Small things smaller than elsewhere, and rows that fill the canvas: five things in one have no other room."""
_ASIDE = 1  # canvas pixels off its place in a row


def in_row(corner: NDArray[np.float64], axis: int, rank: int, length: int, extent: int) -> NDArray[np.float64]:
    """The (n, 2) corners of boxes, those along `axis` put to place `rank` of `length`, _ASIDE pixels off at most."""
    first, room = BORDER, CANVAS - 2 * BORDER - extent
    middle = first + room * rank / (length - 1)
    put = corner.copy()
    put[:, axis] = np.clip(np.rint(middle) + corner[:, axis] % (2 * _ASIDE + 1) - _ASIDE, first, first + room)
    return put


def corners(extent: int, placement: Placement, rng: Generator, places: int) -> NDArray[np.float64]:
    """(n, 2) corners of boxes of `extent` canvas pixels in random order: `places` of them, or a grid."""
    if not placement.grids:
        return rng.integers(BORDER, CANVAS - BORDER - extent + 1, size=(places, 2)).astype(float)
    finest = placement.grids[-1]
    line = np.arange(finest, CANVAS, finest)
    centres = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    return np.asarray(rng.permutation(centres) - extent / 2)


def preferred(found: NDArray[np.float64], extent: int, placement: Placement) -> NDArray[np.float64]:
    """The corners of `found` in their order, but those on a coarser grid first; a grid's odd half-pixels round down."""
    centres = np.floor(found + extent / 2)
    rank = np.zeros(len(found))
    for grid in placement.grids:
        rank += (centres % grid != 0).any(1)
    return np.floor(found[np.argsort(rank, kind="stable")])


def nearest(found: NDArray[np.float64], extent: int, point: Point) -> NDArray[np.float64]:
    """The corners of `found`, those first whose centres are nearest to `point`; of equals, the highest."""
    away = np.hypot(*(found + extent / 2 - point).T)
    return found[np.lexsort((found[:, 1], away))]
