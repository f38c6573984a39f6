"""The extractor of the shapes world: colour segmentation and shape matching, nothing learned."""

from __future__ import annotations

from PIL import Image

from rlrig_eval.extract.contract import Unscored
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import CANVAS, NotAShapesDrawing, read


class ShapesExtractor:
    """`shapes.read` behind the extractor's contract."""

    name = "shapes"
    version = "1"
    long_side = float(CANVAS)

    def extract(self, image: Image.Image) -> SceneGraph:
        try:
            return read(image)
        except NotAShapesDrawing as problem:
            raise Unscored(str(problem)) from None
