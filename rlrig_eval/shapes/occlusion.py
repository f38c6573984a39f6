"""Where one shape may stand in front of, or inside, another so that both are still recognisable."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import fftconvolve

from rlrig_eval.scene.geometry import CONTAINED, OCCLUDED, Silhouette
from rlrig_eval.shapes.draw import silhouette

_WORLD_MARGIN = 0.05  # the sampler keeps this far from both thresholds ...
_RECOGNISABLE = 0.45  # ... and hides no more than this, or a star and a cross look the same


_NEST = 4  # how far off centre a thing inside another may stand, in canvas pixels
_CONTAINMENT_MARGIN = 0.03


@lru_cache(maxsize=8192)
def nests(inner: str, inner_extent: int, outer: str, outer_extent: int) -> NDArray[np.int64]:
    """(n, 2) integer offsets, in canvas pixels, of the inner box's corner from the outer box's corner.

    At each, the inner silhouette lies safely within the outer one. Empty when it does not fit.
    """
    large = _stamp(outer, outer_extent).filled
    small = _stamp(inner, inner_extent).filled
    within = fftconvolve(large.astype(float), small[::-1, ::-1].astype(float)) / small.sum()
    rows, columns = np.nonzero(within >= CONTAINED + _CONTAINMENT_MARGIN)
    found = np.stack([columns - (inner_extent - 1), rows - (inner_extent - 1)], -1)
    off_centre = np.abs(found - (outer_extent - inner_extent) / 2).max(1, initial=0)
    return np.asarray(found[off_centre <= _NEST])


@lru_cache(maxsize=8192)
def offsets(nearer: str, nearer_extent: int, farther: str, farther_extent: int) -> NDArray[np.int64]:
    """(n, 2) integer offsets (dx, dy), in canvas pixels, of the nearer box's corner from the farther box's corner.

    At each, the nearer thing covers a share of the farther one's paint that is safely within OCCLUDED, and what
    stays visible of the farther one is one connected piece. Empty when there is no such place.
    """
    front, back = _stamp(nearer, nearer_extent).painted, _stamp(farther, farther_extent).painted
    covered = fftconvolve(back.astype(float), front[::-1, ::-1].astype(float)) / back.sum()
    rows, columns = np.nonzero((covered > OCCLUDED[0] + _WORLD_MARGIN) & (covered < _RECOGNISABLE))
    found = np.stack([columns - (nearer_extent - 1), rows - (nearer_extent - 1)], -1)
    keep = [offset for offset in found if _in_one_piece(front, back, *offset)]
    return np.array(keep, dtype=np.int64).reshape(-1, 2)


def _stamp(shape: str, extent: int) -> Silhouette:
    whole = silhouette(shape, (0.0, 0.0, float(extent), float(extent)))
    return Silhouette(whole.painted[:extent, :extent], whole.filled[:extent, :extent])


def _in_one_piece(front: NDArray[np.bool_], back: NDArray[np.bool_], dx: int, dy: int) -> bool:
    visible = np.pad(back, len(front))
    top, left = len(front) + dy, len(front) + dx
    visible[top : top + len(front), left : left + len(front)] &= ~front
    return int(ndimage.label(visible)[1]) == 1
