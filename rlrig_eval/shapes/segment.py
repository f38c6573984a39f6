"""Cut a picture into patches of one paint each."""

from dataclasses import dataclass
from itertools import combinations

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from rlrig_eval.scene.geometry import Mask
from rlrig_eval.shapes.blends import (
    GROUND_LABEL,
    PAINTS,
    Pixels,
    blend,
    light_ground,
    nearest,
    over_ground,
    paint_of_sum,
    pure,
)

TOUCH = np.ones((3, 3), dtype=bool)
"""The neighbourhood in which pixels touch, corners included."""
BLEED = 4
"""Canvas pixels that a damaged colour runs."""
SPECK = 16
"""Canvas pixels; what is smaller is dirt."""
# From this share of paint a pixel counts as painted: less than half, for thin blurred rings.
_PAINTED = 0.4
_OFF_LINE = 60.0  # RGB distance from every blend of ground and one paint at which a pixel is stray
_MOST_LINES = 40  # more than that are no lines of a drawing, but text or noise
_PALE = 0.3  # share of a line's pixels that are purely its paint, under which its paint is in doubt
_ALONE = 0.6  # least share of a line's surroundings that no other patch is near, to tell its paint by
_SEAM = 45.0  # RGB distance from the blend of its two sides within which a pixel is seam
_THIN = 2  # canvas pixels from a pixel of a seam or a thin line to its rim, at most
_SEAM_PURE = 0.6  # least share of a seam's pixels that are blends

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Patch:
    """A region of one paint: `paint` indexes PAINTS, `mask` is (64, 64)."""

    paint: int
    mask: Mask

    @property
    def colour(self) -> str:
        return PAINTS[self.paint]

    @property
    def area(self) -> int:
        return int(self.mask.sum())

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """(x0, y0, x1, y1) in canvas pixels, the far edges exclusive."""
        ys, xs = np.nonzero(self.mask)
        return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@dataclass(frozen=True)
class Segments:
    """A picture cut up: patches of paint, and (64, 64) masks of what is neither patch nor ground.

    `dirt` is paint of no patch; `stray` are the pixels whose colour is no blend of ground and one paint, or
    is too pale for paint and too dark for ground.
    """

    pixels: Pixels
    patches: tuple[Patch, ...]
    dirt: Mask
    stray: Mask


def segment(pixels: Pixels) -> Segments:
    """Label each pixel of (64, 64, 3) by the nearest blend of ground and paint; join labels into patches."""
    labels, distance = _label(pixels)
    for piece in _pieces(labels):
        sides = _sides(piece, labels)
        if _is_seam(piece, sides, pixels):
            labels[piece.mask] = np.array(sides)[nearest(pixels[piece.mask], sides)]
    kept = [piece for piece in _whole_lines(_pieces(labels), pixels) if piece.area >= SPECK]
    painted = labels != GROUND_LABEL
    covered = np.logical_or.reduce([piece.mask for piece in kept], initial=False)
    stray = (painted & (distance > _OFF_LINE)) | (~painted & ~light_ground(pixels))
    return Segments(pixels, tuple(kept), painted & ~covered, stray)


def _label(pixels: Pixels) -> tuple[Labels, NDArray[np.float64]]:
    """(64, 64) labels, and the RGB distance of each pixel from the blend chosen."""
    share, distance = over_ground(pixels)
    # A blended pixel is made of paints that lie pure near it, if any do.
    near = ndimage.maximum_filter(pure(pixels), size=(5, 5, 1))
    plausible = near | ~near.any(-1, keepdims=True)
    best = np.where(plausible, distance, np.inf).argmin(-1)[..., None]
    picked, off = (np.take_along_axis(field, best, -1)[..., 0] for field in (share, distance))
    return np.where(picked >= _PAINTED, best[..., 0], GROUND_LABEL), off


def _pieces(labels: Labels) -> list[Patch]:
    found = []
    for paint in range(len(PAINTS)):
        numbered, count = ndimage.label(labels == paint, TOUCH)
        found += [Patch(paint, numbered == number) for number in range(1, count + 1)]
    return found


def _thickness(piece: Patch) -> int:
    return int(ndimage.distance_transform_cdt(piece.mask, "chessboard").max())


def _is_seam(piece: Patch, sides: list[int], pixels: Pixels) -> bool:
    """Whether a thin piece is only the blend of what lies on its two sides."""
    if len(sides) < 2 or _thickness(piece) > _THIN:
        return False
    off = [blend(pixels[piece.mask], one, other)[1] for one, other in combinations(sides, 2)]
    return bool((np.min(off, axis=0) < _SEAM).mean() > _SEAM_PURE)


def _whole_lines(pieces: list[Patch], pixels: Pixels) -> list[Patch]:
    """Thin lines that damage has cut and discoloured joined again, in the paint that they add up to.

    Only lines that stand alone: what colour damage takes from them still lies beside them.
    """
    thin: nx.Graph[int] = nx.Graph()
    thin.add_nodes_from(i for i, piece in enumerate(pieces) if _thickness(piece) <= _THIN)
    if len(thin) > _MOST_LINES:
        return pieces
    pale = {i for i in thin if pure(pixels[pieces[i].mask])[:, pieces[i].paint].mean() < _PALE}
    rims = {i: grown(pieces[i].mask, 1) for i in thin}
    thin.add_edges_from((i, j) for i, j in combinations(thin, 2) if {i, j} & pale and (rims[i] & pieces[j].mask).any())
    found = [piece for i, piece in enumerate(pieces) if i not in thin]
    for line in nx.connected_components(thin):
        mask = np.logical_or.reduce([pieces[i].mask for i in line])
        near = grown(mask, BLEED)
        others = [grown(piece.mask, BLEED) for i, piece in enumerate(pieces) if i not in line]
        free = near & ~np.logical_or.reduce(others, initial=False)
        if free.sum() < _ALONE * near.sum():
            found += [pieces[i] for i in line]
        else:
            found.append(Patch(paint_of_sum(pixels[free]), mask))
    return found


def grown(mask: Mask, by: int) -> Mask:
    """The mask with everything within `by` pixels of it, corners included."""
    return np.asarray(ndimage.binary_dilation(mask, TOUCH, iterations=by))


def _sides(piece: Patch, labels: Labels) -> list[int]:
    rim = ndimage.binary_dilation(piece.mask, TOUCH) & ~piece.mask
    return [int(label) for label in np.unique(labels[rim]) if label != piece.paint]
