"""Where one shape may stand in front of, inside or at another so that both are still recognisable."""

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
_WITHIN_A_VIEW = np.pad(ndimage.generate_binary_structure(2, 1)[None], ((1, 1), (0, 0), (0, 0)))
_SEAM = 2  # pixels: what touches in less looks apart once the picture is softened
_NOT_NESTED = 0.85  # what lies this far within another thing would nearly count as inside


@lru_cache(maxsize=8192)
def nests(inner: str, inner_extent: int, outer: str, outer_extent: int) -> NDArray[np.int64]:
    """(n, 2) integer offsets, in canvas pixels, of the inner box's corner from the outer box's corner.

    At each, the inner silhouette lies safely within the outer one. Empty when it does not fit.
    """
    within = _share_within(_stamp(inner, inner_extent), _stamp(outer, outer_extent))
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
    front, back = _stamp(nearer, nearer_extent), _stamp(farther, farther_extent)
    covered = _slide(front.painted, back.painted) / back.painted.sum()
    clear = (covered > OCCLUDED[0] + _WORLD_MARGIN) & (covered < _RECOGNISABLE)
    clear &= _share_within(front, back) < _NOT_NESTED
    rows, columns = np.nonzero(clear)
    found = np.stack([columns - (nearer_extent - 1), rows - (nearer_extent - 1)], -1)
    return np.asarray(found[_pieces(front.painted, back.painted, found) == 1])


@lru_cache(maxsize=8192)
def contacts(moving: str, moving_extent: int, still: str, still_extent: int) -> NDArray[np.int64]:
    """(n, 2) integer offsets, in canvas pixels, of the moving box's corner from the still box's corner.

    At each, the outlines meet along _SEAM pixels or more and have none in common.
    """
    outline, other = _stamp(moving, moving_extent).filled, _stamp(still, still_extent).filled
    rim = ndimage.binary_dilation(np.pad(other, 1)) & ~np.pad(other, 1)
    shared = np.pad(_slide(outline, other), 1)
    rows, columns = np.nonzero((shared < 0.5) & (_slide(outline, rim) > _SEAM - 0.5))
    return np.stack([columns - moving_extent, rows - moving_extent], -1)


def _slide(moving: NDArray[np.bool_], still: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Overlap in pixels at every offset; entry [0, 0] has the moving stamp's far corner on the still one's near one."""
    return np.asarray(fftconvolve(still.astype(float), moving[::-1, ::-1].astype(float)))


def _share_within(inner: Silhouette, outer: Silhouette) -> NDArray[np.float64]:
    return np.asarray(_slide(inner.filled, outer.filled) / inner.filled.sum())


def _stamp(shape: str, extent: int) -> Silhouette:
    whole = silhouette(shape, (0.0, 0.0, float(extent), float(extent)))
    return Silhouette(whole.painted[:extent, :extent], whole.filled[:extent, :extent])


def _pieces(front: NDArray[np.bool_], back: NDArray[np.bool_], steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) into how many pieces `front`, at each of the (n, 2) `steps` from `back`, cuts what is seen of it."""
    visible = np.repeat(back[None], len(steps), 0)
    (high, wide), side = back.shape, len(front)
    for view, (dx, dy) in zip(visible, steps, strict=True):
        hidden = front[max(-dy, 0) : max(high - dy, 0), max(-dx, 0) : max(wide - dx, 0)]
        view[max(dy, 0) : max(dy + side, 0), max(dx, 0) : max(dx + side, 0)] &= ~hidden
    labels, _ = ndimage.label(visible, _WITHIN_A_VIEW)
    # Labels count upwards from view to view, so the last one of each tells how many were new.
    return np.diff(np.maximum.accumulate(labels.max((1, 2), initial=0)), prepend=0)
