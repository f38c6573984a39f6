"""Cut a picture into patches of one paint each."""

from dataclasses import dataclass
from itertools import combinations

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
SPECK = 12
"""Canvas pixels; what is smaller is dirt."""
# From this share of paint a pixel counts as painted: less than half, for thin blurred rings.
_PAINTED = 0.4
_OFF_LINE = 60.0  # RGB distance from every blend of ground and one paint at which a pixel is stray
_SEAM = 45.0  # RGB distance from the blend of its two sides within which a pixel is seam
_THIN = 2  # canvas pixels from a pixel of a seam or a thin line to its rim, at most
_BLEED = 3  # canvas pixels that a damaged colour runs
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

    `dirt` is paint of no patch; `stray` are the pixels whose colour is no blend of ground and one paint, or is
    too pale for paint and too dark for ground.
    """

    pixels: Pixels
    patches: tuple[Patch, ...]
    dirt: Mask
    stray: Mask


def segment(pixels: Pixels) -> Segments:
    """Label each pixel of (64, 64, 3) by the blend of ground and paint nearest to it; join labels into patches."""
    labels, distance = _label(pixels)
    for piece in _pieces(labels):
        sides = _sides(piece, labels)
        if _is_seam(piece, sides, pixels):
            labels[piece.mask] = np.array(sides)[nearest(pixels[piece.mask], sides)]
    kept = _recoloured([piece for piece in _pieces(labels) if piece.area >= SPECK], pixels)
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


def _recoloured(pieces: list[Patch], pixels: Pixels) -> list[Patch]:
    """Thin pieces that stand alone in the paint they add up to: what damage takes from a thin line lies beside it."""
    wide = [ndimage.binary_dilation(piece.mask, TOUCH, iterations=_BLEED) for piece in pieces]
    found = []
    for piece, near in zip(pieces, wide, strict=True):
        alone = not any((near & other).any() for other in wide if other is not near)
        paint = paint_of_sum(pixels[near]) if alone and _thickness(piece) <= _THIN else piece.paint
        found.append(Patch(paint, piece.mask))
    return found


def _sides(piece: Patch, labels: Labels) -> list[int]:
    rim = ndimage.binary_dilation(piece.mask, TOUCH) & ~piece.mask
    return [int(label) for label in np.unique(labels[rim]) if label != piece.paint]
