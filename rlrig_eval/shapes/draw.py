"""Draw a scene graph whose entities have boxes: anti-aliased, at any size."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from rlrig_eval.scene.geometry import Mask, Silhouette
from rlrig_eval.scene.graph import Box, Entity, SceneGraph
from rlrig_eval.shapes.vocabulary import COLOURS, GROUND, SHAPES

_OVERSAMPLE = 4
CANVAS = 64
"""Boxes of the shapes world are in pixels of a canvas of this side, whatever the size of the drawing."""


@dataclass(frozen=True)
class Style:
    """How things are painted; the default is the world's own, others exist to test and train judges on.

    `tint` shifts the ground and `shade` the paints (RGB offsets); `outline` is a dark rim in canvas pixels.
    """

    tint: tuple[int, int, int] = (0, 0, 0)
    shade: tuple[int, int, int] = (0, 0, 0)
    outline: float = 0.0


PLAIN = Style()


def render(graph: SceneGraph, size: int = CANVAS, style: Style = PLAIN) -> Image.Image:
    """Paint the entities from the farthest to the nearest (equal or unknown depth: in the order of the graph).

    Args:
        graph: entities of the shapes vocabulary with a box each, in canvas pixels.
        size: side of the square drawing in pixels.

    Raises:
        ValueError: an entity has no box, or a category or colour that the shapes world does not know.
    """
    scale = size * _OVERSAMPLE / CANVAS
    side = size * _OVERSAMPLE
    ground = _shifted(GROUND, style.tint)
    image = Image.new("RGB", (side, side), ground)
    brush = ImageDraw.Draw(image)
    for entity in sorted(graph.entities, key=lambda e: -(e.depth or 0.0)):
        if entity.box is None:
            raise ValueError(f"entity {entity.id!r} has no box: lay the graph out first (shapes.draw does)")
        if entity.category not in SHAPES:
            raise ValueError(f"the shapes world has no {entity.category!r}, only {', '.join(SHAPES)}")
        paint = _shifted(COLOURS[colour_of(entity)], style.shade)
        if SHAPES[entity.category].hole is None:
            _polygon(brush, entity, entity.box, scale, paint, style)
        else:
            _with_hole(image, entity, entity.box, scale, paint, style)
    return image.resize((size, size), Image.Resampling.BOX)


def colour_of(entity: Entity) -> str:
    """The colour word among the attributes; ValueError when there is none."""
    colour = next((word for word in entity.attributes if word in COLOURS), None)
    if colour is None:
        raise ValueError(f"entity {entity.id!r} has none of the colours {', '.join(COLOURS)}")
    return colour


@lru_cache(maxsize=4096)
def silhouette(category: str, box: Box) -> Silhouette:
    """The amodal masks of one entity on the 64 x 64 canvas (pixel centres inside the outline)."""
    shape = SHAPES[category]
    filled = _raster(shape.outline, box)
    painted = filled if shape.hole is None else filled & ~_raster(shape.hole, box)
    return Silhouette(painted=painted, filled=filled)


def coverage(category: str, box: Box) -> NDArray[np.float64]:
    """How much of each canvas pixel the entity paints, 0 to 1, as `render` paints it: (64, 64)."""
    shape = SHAPES[category]
    return _painted(shape.outline, box, shape.hole)


def _raster(outline: np.ndarray, box: Box) -> Mask:
    return np.asarray(_painted(outline, box) >= 0.5)


def _painted(outline: np.ndarray, box: Box, hole: np.ndarray | None = None) -> NDArray[np.float64]:
    stencil = Image.new("L", (CANVAS * _OVERSAMPLE,) * 2, 0)
    brush = ImageDraw.Draw(stencil)
    brush.polygon(_points(outline, box, _OVERSAMPLE), fill=255)
    if hole is not None:
        brush.polygon(_points(hole, box, _OVERSAMPLE), fill=0)
    return np.asarray(stencil.resize((CANVAS, CANVAS), Image.Resampling.BOX)) / 255


def _points(outline: np.ndarray, box: Box, scale: float) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = box
    # Pillow's polygons include their last pixel, so the far edges are drawn one fine pixel short.
    wide, high = (x1 - x0) * scale - 1, (y1 - y0) * scale - 1
    return [(x0 * scale + u * wide, y0 * scale + v * high) for u, v in outline]


def _polygon(
    brush: ImageDraw.ImageDraw, entity: Entity, box: Box, scale: float, paint: tuple[int, int, int], style: Style
) -> None:
    points = _points(SHAPES[entity.category].outline, box, scale)
    brush.polygon(points, fill=paint)
    if style.outline:
        brush.line([*points, points[0]], fill=_darker(paint), width=round(style.outline * scale))


def _with_hole(
    image: Image.Image, entity: Entity, box: Box, scale: float, paint: tuple[int, int, int], style: Style
) -> None:
    shape = SHAPES[entity.category]
    stencil = Image.new("L", image.size, 0)
    brush = ImageDraw.Draw(stencil)
    brush.polygon(_points(shape.outline, box, scale), fill=255)
    if shape.hole is not None:
        brush.polygon(_points(shape.hole, box, scale), fill=0)
    image.paste(paint, (0, 0), stencil)
    if style.outline:
        points = _points(shape.outline, box, scale)
        ImageDraw.Draw(image).line([*points, points[0]], fill=_darker(paint), width=round(style.outline * scale))


def _shifted(rgb: tuple[int, int, int], by: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, channel + shift)) for channel, shift in zip(rgb, by, strict=True))
    return red, green, blue


def _darker(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    return rgb[0] // 2, rgb[1] // 2, rgb[2] // 2
