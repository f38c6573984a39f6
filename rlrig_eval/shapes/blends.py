"""Colours as blends: of the ground and a paint along a soft edge, or of two paints where one lies on another.

A label is an index into PAINTS, or GROUND_LABEL. Pixels are (..., 3) RGB, 0 to 255.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.scene.geometry import Mask
from rlrig_eval.shapes.vocabulary import COLOURS, GROUND

Pixels = NDArray[np.float64]
Shares = NDArray[np.float64]

PAINTS: tuple[str, ...] = tuple(COLOURS)
GROUND_LABEL = -1
_PAINTS_RGB = np.array([COLOURS[name] for name in PAINTS], dtype=np.float64)
_GROUND_RGB = np.array(GROUND, dtype=np.float64)

_HUE = np.array([[0.299, -0.169, 0.5], [0.587, -0.331, -0.419], [0.114, 0.5, -0.081]]) * (1, 3, 3)
"""RGB to luma and threefold chroma (ITU-R BT.601)."""
_GROUND_WITHIN = 45.0  # RGB distance from the world's ground within which a pixel is ground
_PURE = 60.0  # RGB distance from a paint within which a pixel is surely of it


def rgb(label: int) -> Pixels:
    """The colour of a label, (3,)."""
    return _GROUND_RGB if label == GROUND_LABEL else np.asarray(_PAINTS_RGB[label])


def blend(pixels: Pixels, low: int, high: int) -> tuple[Shares, Shares]:
    """The share of `high` in the blend with `low` nearest to each pixel, 0 to 1, and how far off it is (RGB)."""
    line, way = rgb(high) - rgb(low), pixels - rgb(low)
    share = np.clip(way @ line / (line @ line), 0, 1)
    return share, np.asarray(np.linalg.norm(way - share[..., None] * line, axis=-1))


def over_ground(pixels: Pixels) -> tuple[Shares, Shares]:
    """`blend` of the ground with every paint at once: two (..., paints) arrays, the shares up to 1.1."""
    lines, way = _PAINTS_RGB - _GROUND_RGB, pixels - _GROUND_RGB
    lengths, along = (lines**2).sum(-1), way @ lines.T
    share = np.clip(along / lengths, 0, 1.1)
    squared = (way**2).sum(-1, keepdims=True) - 2 * share * along + share**2 * lengths
    return share, np.sqrt(np.maximum(squared, 0))


def share_over(pixels: Pixels, paint: int, under: Sequence[int]) -> Shares:
    """The share of `paint` in each pixel where it lies over the ground and over the paints `under`, 0 to 1.

    Each pixel is taken for the nearest of these blends: of the paint with the ground or with a paint under it,
    or of the ground with one under it, which holds none of the paint.
    """
    blends = [blend(pixels, low, paint) for low in (GROUND_LABEL, *under)]
    without = [blend(pixels, GROUND_LABEL, low) for low in under]
    blends += [(0 * share, distance) for share, distance in without]
    shares, distances = (np.stack(field) for field in zip(*blends, strict=True))
    return np.asarray(np.take_along_axis(shares, distances.argmin(0)[None], 0)[0])


def nearest(pixels: Pixels, labels: Sequence[int]) -> NDArray[np.int64]:
    """For each pixel, which of `labels` (its place in them) has the nearest colour."""
    colours = np.array([rgb(label) for label in labels])
    return np.asarray(np.linalg.norm(pixels[..., None, :] - colours, axis=-1).argmin(-1))


def paint_of_sum(pixels: Pixels) -> int:
    """The paint that, spread over the ground, adds up to `pixels` (n, 3).

    A blur moves colour but keeps its sum; compression takes colour away and adds none, so hue counts more.
    """
    total, lines = (pixels - _GROUND_RGB).sum(0) @ _HUE, (_PAINTS_RGB - _GROUND_RGB) @ _HUE
    return int((lines @ total / np.linalg.norm(lines, axis=-1)).argmax())


def pure(pixels: Pixels) -> Mask:
    """(..., paints): which pixels are surely of a paint."""
    return np.asarray(np.linalg.norm(pixels[..., None, :] - _PAINTS_RGB, axis=-1) < _PURE)


def light_ground(pixels: Pixels) -> Mask:
    """(...): which pixels have the colour of the world's ground, or nearly."""
    return np.asarray(np.linalg.norm(pixels - _GROUND_RGB, axis=-1) < _GROUND_WITHIN)
