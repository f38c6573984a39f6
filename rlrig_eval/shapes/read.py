"""Read a drawing back as a scene graph: colour segmentation and shape matching, no learning."""

import numpy as np
from PIL import Image

from rlrig_eval.scene.geometry import Silhouette, relations
from rlrig_eval.scene.graph import Box, Entity, SceneGraph
from rlrig_eval.shapes.blends import GROUND_LABEL, Pixels, light_ground, rgb
from rlrig_eval.shapes.draw import CANVAS, silhouette
from rlrig_eval.shapes.mend import mended
from rlrig_eval.shapes.refine import refined
from rlrig_eval.shapes.segment import Segments, segment
from rlrig_eval.shapes.stacking import Reading
from rlrig_eval.shapes.vocabulary import size_word

UNKNOWN = "unknown"
_RECOGNISED = 0.66  # least overlap (IoU over what can be seen) of a patch with its best stamp
_LEAST_GROUND = 0.3  # share of the picture; four large squares leave 0.34
_MOST_RESIDUAL = 0.2  # share of the picture that is neither ground nor a patch
_MOST_PATCHES = 16
_MOST_UNKNOWN = 4


class NotAShapesDrawing(ValueError):
    """The picture is no drawing of the shapes world."""

    def __init__(self, why: str) -> None:
        super().__init__(f"not a shapes drawing: {why}")


def read(image: Image.Image) -> SceneGraph:
    """The scene graph of a square picture of any size, as `shapes.truth` would give it.

    Entities come from the nearest to the farthest, each with its size word and colour, its whole (amodal) box
    in pixels of the 64-pixel canvas (whatever the size of the picture), and its depth; with them every
    vocabulary relation that holds. A patch of paint that looks like none of the shapes is an entity of category
    "unknown". Blank ground is a graph of nothing.

    Raises:
        NotAShapesDrawing: the picture is not square, has another ground, or is mostly no paint and no shape.
    """
    readings = _readings(_canvas(image))
    named = [(_entity(number, reading), _outline(reading)) for number, reading in enumerate(readings)]
    entities = tuple(entity for entity, _ in named)
    silhouettes = {entity.id: outline for entity, outline in named}
    return SceneGraph(entities=entities, relations=relations(entities, CANVAS, silhouettes))


def _readings(pixels: Pixels) -> list[Reading]:
    ground = light_ground(pixels)
    if ground.mean() < _LEAST_GROUND:
        raise NotAShapesDrawing(f"only {ground.mean():.0%} of it is light ground")
    tint = np.median(pixels[ground], axis=0) - rgb(GROUND_LABEL)
    segments = segment(pixels - tint)
    _refuse_clutter(segments)
    readings = mended(segments, _RECOGNISED)
    unknown = sum(not _recognised(reading) for reading in readings)
    if unknown > _MOST_UNKNOWN:
        raise NotAShapesDrawing(f"{unknown} of {len(readings)} patches are none of its shapes")
    return refined(segments.pixels, readings, _RECOGNISED)


def _refuse_clutter(segments: Segments) -> None:
    residual = float((segments.stray | segments.dirt).mean())
    if residual > _MOST_RESIDUAL:
        raise NotAShapesDrawing(f"{residual:.0%} of it is neither light ground nor a patch of paint")
    if len(segments.patches) > _MOST_PATCHES:
        raise NotAShapesDrawing(f"it falls into {len(segments.patches)} patches of colour")


def _canvas(image: Image.Image) -> Pixels:
    if image.width != image.height:
        raise NotAShapesDrawing(f"{image.width} x {image.height} pixels is not square")
    image = image.convert("RGB")
    if image.width != CANVAS:
        filter_ = Image.Resampling.BOX if image.width > CANVAS else Image.Resampling.BICUBIC
        image = image.resize((CANVAS, CANVAS), filter_)
    return np.asarray(image, dtype=np.float64)


def _recognised(reading: Reading) -> bool:
    return reading.stamp.likeness >= _RECOGNISED


def _bounds(reading: Reading) -> Box:
    x0, y0, x1, y1 = reading.patch.bounds
    return float(x0), float(y0), float(x1), float(y1)


def _entity(number: int, reading: Reading) -> Entity:
    known = _recognised(reading)
    box = reading.stamp.box if known else _bounds(reading)
    extent = float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))
    return Entity(
        id=f"e{number}",
        category=reading.stamp.shape if known else UNKNOWN,
        attributes=(size_word(extent), reading.patch.colour),
        box=box,
        depth=float(number),
    )


def _outline(reading: Reading) -> Silhouette:
    if _recognised(reading):
        return silhouette(reading.stamp.shape, reading.stamp.box)
    return Silhouette(reading.patch.mask, reading.patch.mask)
