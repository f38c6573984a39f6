"""What a picture of a scene would look like, and how far a given picture is from that: analysis by synthesis.

Pictures are compared in luma and chroma (ITU-R BT.601), each as soft as it is in the given picture: blur, small
decoders, and compression that halves the resolution of colour take sharpness from the two by different amounts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from rlrig_eval.shapes.blends import GROUND_LABEL, Pixels, rgb
from rlrig_eval.shapes.draw import CANVAS
from rlrig_eval.shapes.templates import Field

_LUMA_CHROMA = np.array([[0.299, -0.169, 0.5], [0.587, -0.331, -0.419], [0.114, 0.5, -0.081]])
_LUMA, _CHROMA = slice(0, 1), slice(1, 3)
_LUMA_SOFT = (0.0, 0.7, 1.2)  # standard deviations that are tried, in canvas pixels
_CHROMA_SOFT = (0.0, 0.7, 1.2, 1.6)

Layer = tuple[int, Field]
"""A paint (index into PAINTS) and how much of each canvas pixel it covers, 0 to 1."""
Picture = NDArray[np.float32]
"""(..., height, width, 3): luma and two chroma values, of 255."""


@dataclass(frozen=True)
class View:
    """A picture, and the standard deviations (canvas pixels) by which its luma and its chroma are soft."""

    target: Picture
    luma: float
    chroma: float

    @property
    def soft(self) -> bool:
        return bool(self.luma or self.chroma)

    def off(self, picture: Picture, where: tuple[slice, slice] = np.s_[:, :]) -> Picture:
        """By how much the target, at `where`, differs from sharp pictures (..., h, w, 3) seen as soft as it is."""
        soft = [_blurred(picture[..., _LUMA], self.luma), _blurred(picture[..., _CHROMA], self.chroma)]
        return np.asarray(self.target[where] - np.concatenate(soft, -1))


def view(pixels: Pixels, layers: Sequence[Layer]) -> View:
    """The view of `pixels` (64, 64, 3), RGB, as soft as suits it best if `layers` are what it shows."""
    target, sharp = _luma_chroma(pixels), painted(layers)

    def best(channels: slice, options: Sequence[float]) -> float:
        given, drawn = target[..., channels], sharp[..., channels]
        return min(options, key=lambda softness: float(((given - _blurred(drawn, softness)) ** 2).sum()))

    return View(target, best(_LUMA, _LUMA_SOFT), best(_CHROMA, _CHROMA_SOFT))


def coloured(label: int) -> Picture:
    """The luma and chroma of a label, (3,)."""
    return _luma_chroma(rgb(label))


def painted(layers: Sequence[Layer], under: Picture | None = None) -> Picture:
    """`under` (64, 64, 3), or the bare ground, with `layers` on top of it, the nearest first."""
    picture = np.broadcast_to(coloured(GROUND_LABEL), (CANVAS, CANVAS, 3)) if under is None else under
    for paint, coverage in reversed(layers):
        picture = picture + coverage[..., None] * (coloured(paint) - picture)
    return picture


def clear(layers: Sequence[Layer]) -> Field:
    """How much of what lies behind `layers` is seen, (64, 64)."""
    seen = np.ones((CANVAS, CANVAS), dtype=np.float32)
    for _, coverage in layers:
        seen = seen * (1 - coverage)
    return seen


def _luma_chroma(pixels: Pixels) -> Picture:
    return np.asarray(pixels @ _LUMA_CHROMA, dtype=np.float32)


def _blurred(picture: Picture, softness: float) -> Picture:
    if not softness:
        return picture
    return np.asarray(ndimage.gaussian_filter(picture, softness, axes=(-3, -2), mode="nearest", truncate=3))
