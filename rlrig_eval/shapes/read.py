"""Read a drawing back as a scene graph: colour segmentation and shape matching, no learning."""

import numpy as np
from PIL import Image

from rlrig_eval.scene.geometry import Silhouette, relations
from rlrig_eval.scene.graph import Box, Entity, SceneGraph
from rlrig_eval.shapes.draw import CANVAS, silhouette
from rlrig_eval.shapes.mend import mend
from rlrig_eval.shapes.segment import Pixels, Segments, segment
from rlrig_eval.shapes.stacking import Reading, explain
from rlrig_eval.shapes.vocabulary import size_word

UNKNOWN = "unknown"
_RECOGNISED = 0.72  # least overlap (IoU over what can be seen) of a patch with its best stamp
_MENDINGS = 6


class NotAShapesDrawing(ValueError):
    """The picture is no drawing of the shapes world."""

    def __init__(self, why: str) -> None:
        super().__init__(f"not a shapes drawing: {why}")


def read(image: Image.Image) -> SceneGraph:
    """The scene graph of a square picture of any size, as `shapes.truth` would give it.

    Entities come from the nearest to the farthest, each with its size word and colour, its whole (amodal) box in
    pixels of the 64-pixel canvas, and its depth; with them every vocabulary relation that holds. A patch of paint
    that looks like none of the shapes is an entity of category "unknown". Blank ground is a graph of nothing.

    Raises:
        NotAShapesDrawing: the picture is not square, has another ground, or is mostly no paint and no shape.
    """
    readings = _readings(segment(_canvas(image)))
    named = [(_entity(number, reading), _outline(reading)) for number, reading in enumerate(readings)]
    entities = tuple(entity for entity, _ in named)
    silhouettes = {entity.id: outline for entity, outline in named}
    return SceneGraph(entities=entities, relations=relations(entities, CANVAS, silhouettes))


def _readings(segments: Segments) -> list[Reading]:
    readings = explain(segments)
    for _ in range(_MENDINGS):
        mended = mend(segments, readings, _RECOGNISED)
        if mended is None:
            break
        segments, readings = mended, explain(mended)
    return readings


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
    ys, xs = np.nonzero(reading.patch.mask)
    return float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1)


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
