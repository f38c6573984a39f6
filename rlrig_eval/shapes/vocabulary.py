"""The words and drawings of the shapes world. A seventh shape is one outline function and one line in SHAPES.

An outline is a closed polygon in the unit square (x right, y down) that touches all four sides, so that an entity's
box is the box of its outline. A shape with a hole names the outline of the hole too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]
"""(n, 2) vertices in [0, 1]."""


@dataclass(frozen=True)
class Shape:
    """`outline`, and the outline of the hole for a shape that has one."""

    outline: Outline
    hole: Outline | None = None


def _filled(points: Outline) -> Outline:
    low, high = points.min(0), points.max(0)
    return np.asarray((points - low) / (high - low))


def _ellipse(radius: float = 0.5, sides: int = 48) -> Outline:
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    return np.stack([0.5 + radius * np.cos(angle), 0.5 + radius * np.sin(angle)], -1)


def _square() -> Outline:
    return np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def _triangle() -> Outline:
    return np.array([[0.5, 0.0], [1.0, 1.0], [0.0, 1.0]])


def _star() -> Outline:
    angle = -np.pi / 2 + np.arange(10) * np.pi / 5
    radius = np.where(np.arange(10) % 2 == 0, 1.0, 0.42)
    return _filled(np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1))


def _cross(arm: float = 0.34) -> Outline:
    low, high = 0.5 - arm / 2, 0.5 + arm / 2
    steps = [(low, 0), (high, 0), (high, low), (1, low), (1, high), (high, high)]
    steps += [(high, 1), (low, 1), (low, high), (0, high), (0, low), (low, low)]
    return np.array(steps, dtype=np.float64)


def _ring() -> Shape:
    return Shape(_ellipse(), hole=_ellipse(radius=0.34))


_DRAWINGS: dict[str, Callable[[], Shape]] = {
    "circle": lambda: Shape(_ellipse()),
    "square": lambda: Shape(_square()),
    "triangle": lambda: Shape(_triangle()),
    "star": lambda: Shape(_star()),
    "cross": lambda: Shape(_cross()),
    "ring": _ring,
}

SHAPES: Mapping[str, Shape] = MappingProxyType({name: drawing() for name, drawing in _DRAWINGS.items()})

COLOURS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "red": (214, 39, 40),
        "green": (38, 160, 65),
        "blue": (35, 95, 205),
        "yellow": (245, 200, 25),
        "purple": (145, 60, 185),
        "black": (25, 25, 28),
    }
)
GROUND = (246, 244, 240)

SMALL = (13, 14, 15)  # drawn extents in pixels at side 64
LARGE = (23, 24, 25, 26)
SIZE_LIMIT = 19.0  # from here on a thing is large
CONTAINERS = ("circle", "square", "ring")  # what something small can be drawn inside of, and be seen to be
LARGEST_GROUP = 3  # alike things that are spoken of as one group

UNSEEN = frozenset({("red", "star"), ("green", "ring"), ("blue", "triangle"), ("purple", "square")})
"""The (colour, shape) pairings that nothing but the judge is trained on: a fixed tenth (4 of 36)."""


def size_word(extent: float, side: float = 64) -> str:
    """small or large, for an extent in pixels on a picture of that side.

    >>> size_word(13), size_word(24)
    ('small', 'large')
    """
    return "large" if extent * 64 / side >= SIZE_LIMIT else "small"
