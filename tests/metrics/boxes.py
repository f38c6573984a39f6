"""Boxes for the tests of published rules: drawn by hypothesis, 10,000 random pairs, and what one can do to a box."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from rlrig_eval.scene import Box

WIDTH = 512


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Whole pixels on a picture of `WIDTH`, so that mirroring, shifting and doubling are exact."""
    x0, y0 = (draw(st.integers(0, WIDTH - 8)) for _ in range(2))
    x1, y1 = (draw(st.integers(start + 4, WIDTH)) for start in (x0, y0))
    return float(x0), float(y0), float(x1), float(y1)


def random_pairs(count: int = 10_000, seed: int = 0) -> Iterator[tuple[Box, Box]]:
    """Pairs of random boxes. Every other pair lies on a grid of 40 px, so that ties and shared edges occur."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        step = 40.0 if number % 2 else 1.0
        corners = rng.uniform(0, WIDTH, size=(2, 2, 2))
        low, high = (np.round(side / step) * step for side in (corners.min(axis=1), corners.max(axis=1)))
        high = np.maximum(high, low + step)
        first, second = np.concatenate([low, high], axis=1).tolist()
        yield tuple(first), tuple(second)


def mirrored(box: Box) -> Box:
    """Left and right swapped, on a picture of `WIDTH`."""
    return WIDTH - box[2], box[1], WIDTH - box[0], box[3]


def upside_down(box: Box) -> Box:
    return box[0], WIDTH - box[3], box[2], WIDTH - box[1]


def shifted(box: Box, dx: float, dy: float) -> Box:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


def scaled(box: Box, factor: float) -> Box:
    return box[0] * factor, box[1] * factor, box[2] * factor, box[3] * factor


def square(x: float, y: float, side: float) -> Box:
    """A square by its centre."""
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2
