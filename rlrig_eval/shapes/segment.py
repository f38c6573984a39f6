"""Cut a picture into patches of one paint each: what is ground, what is which colour, and what is neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from rlrig_eval.scene.geometry import Mask
from rlrig_eval.shapes.vocabulary import COLOURS, GROUND

Pixels = NDArray[np.float64]
"""(64, 64, 3) RGB, 0 to 255."""

PAINTS: tuple[str, ...] = tuple(COLOURS)
_RGB = np.array([COLOURS[name] for name in PAINTS], dtype=np.float64)
_GROUND_RGB = np.array(GROUND, dtype=np.float64)

_PAINTED = 0.4  # from this share of paint in a pixel it counts as painted; lower than half, for thin blurred rings
_OFF_LINE = 60.0  # RGB distance from every mixture of ground and one paint at which a pixel is foreign
_GROUND_WITHIN = 45.0  # RGB distance from the world's ground within which a pixel is ground
_PURE = 60.0  # RGB distance from a paint within which a pixel is surely of it
_BLEND = 45.0  # RGB distance from the mixture of two neighbouring paints within which a pixel is their blend
SPECK = 12  # canvas pixels; what is smaller is dirt
TOUCH = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Patch:
    """A connected region of one paint: `paint` indexes PAINTS, `mask` is (64, 64)."""

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

    `dirt` is paint of no patch; `stray` are the pixels whose colour is no blend of ground and one paint, or is too
    pale for paint and too dark for ground.
    """

    pixels: Pixels
    patches: tuple[Patch, ...]
    dirt: Mask
    stray: Mask


def share_of(pixels: Pixels, low: Pixels, high: Pixels) -> NDArray[np.float64]:
    """How much of the colour `high` is mixed into `low`, 0 to 1, for each pixel of an (..., 3) array."""
    line = high - low
    return np.asarray(np.clip((pixels - low) @ line / (line @ line), 0, 1))


def paint_share(pixels: Pixels, paint: int, over: int | None = None) -> NDArray[np.float64]:
    """The share of `paint` in each pixel, 0 to 1, where it lies over another paint, or over the ground (None)."""
    return share_of(pixels, _GROUND_RGB if over is None else _RGB[over], _RGB[paint])


def nearest_side(pixels: Pixels, sides: Sequence[int]) -> NDArray[np.int64]:
    """For each pixel of (..., 3), which of `sides` (indices into PAINTS, -1 for ground) has the nearest colour."""
    colours = np.array([_rgb(side) for side in sides])
    return np.asarray(np.linalg.norm(pixels[..., None, :] - colours, axis=-1).argmin(-1))


def paint_of_sum(pixels: Pixels) -> int:
    """The paint that, spread over the ground, adds up to `pixels` (n, 3): a blur moves colour but keeps its sum."""
    total = (pixels - _GROUND_RGB).sum(0)
    lines = _RGB - _GROUND_RGB
    return int((lines @ total / np.linalg.norm(lines, axis=-1)).argmax())


def light_ground(pixels: Pixels) -> Mask:
    """Which pixels have the colour of the world's ground, or nearly: (64, 64)."""
    return np.asarray(np.linalg.norm(pixels - _GROUND_RGB, axis=-1) < _GROUND_WITHIN)


def segment(pixels: Pixels) -> Segments:
    """Label each pixel by the mixture line (ground to paint) it is nearest to, and join the labels into patches."""
    labels, distance = _label(pixels)
    pieces = _pieces(labels)
    for piece in pieces:
        if _is_seam(piece, labels, pixels):
            _dissolve(piece, labels, pixels)
    kept = [piece for piece in _pieces(labels) if piece.area >= SPECK]
    painted = labels >= 0
    covered = np.logical_or.reduce([piece.mask for piece in kept], initial=False)
    stray = (painted & (distance > _OFF_LINE)) | (~painted & ~light_ground(pixels))
    return Segments(pixels, tuple(kept), painted & ~covered, stray)


def _label(pixels: Pixels) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(64, 64) index into PAINTS or -1 for ground, and the RGB distance from the mixture line chosen."""
    lines = _RGB - _GROUND_RGB
    way = pixels - _GROUND_RGB
    lengths = (lines**2).sum(-1)
    along = way @ lines.T
    share = np.clip(along / lengths, 0, 1.1)
    distance = (way**2).sum(-1, keepdims=True) - 2 * share * along + share**2 * lengths
    best = np.where(_plausible(pixels), distance, np.inf).argmin(-1)[..., None]
    picked, nearest = (np.take_along_axis(field, best, -1)[..., 0] for field in (share, distance))
    return np.where(picked >= _PAINTED, best[..., 0], -1), np.sqrt(np.maximum(nearest, 0))


def _plausible(pixels: Pixels) -> Mask:
    """(64, 64, paints): the paints that lie pure near a pixel, which a blended one must be made of; else any."""
    pure = np.linalg.norm(pixels[..., None, :] - _RGB, axis=-1) < _PURE
    near = ndimage.maximum_filter(pure, size=(5, 5, 1))
    return np.asarray(near | ~near.any(-1, keepdims=True))


def _pieces(labels: NDArray[np.int64]) -> list[Patch]:
    found = []
    for paint in range(len(PAINTS)):
        numbered, count = ndimage.label(labels == paint, TOUCH)
        found += [Patch(paint, numbered == number) for number in range(1, count + 1)]
    return found


def _is_seam(piece: Patch, labels: NDArray[np.int64], pixels: Pixels) -> bool:
    """Whether a thin piece is only the blend of the two paints (or paint and ground) on its two sides."""
    if ndimage.distance_transform_cdt(piece.mask, "chessboard").max() > 2:
        return False
    pairs = list(combinations(_neighbours(piece, labels), 2))
    if not any(paint >= 0 for pair in pairs for paint in pair):
        return False
    own = pixels[piece.mask]
    blended = np.min([_off_blend(own, *pair) for pair in pairs], axis=0) < _BLEND
    return bool(blended.mean() > 0.6)


def _dissolve(piece: Patch, labels: NDArray[np.int64], pixels: Pixels) -> None:
    """Hand each pixel of a seam to the nearest colour of its neighbours."""
    sides = _neighbours(piece, labels)
    labels[piece.mask] = np.array(sides)[nearest_side(pixels[piece.mask], sides)]


def _neighbours(piece: Patch, labels: NDArray[np.int64]) -> list[int]:
    rim = ndimage.binary_dilation(piece.mask, TOUCH) & ~piece.mask
    return [int(label) for label in np.unique(labels[rim]) if label != piece.paint]


def _off_blend(pixels: Pixels, one: int, other: int) -> NDArray[np.float64]:
    low, high = _rgb(one), _rgb(other)
    share = share_of(pixels, low, high)
    return np.asarray(np.linalg.norm(pixels - low - share[..., None] * (high - low), axis=-1))


def _rgb(label: int) -> Pixels:
    return _GROUND_RGB if label < 0 else np.asarray(_RGB[label])
