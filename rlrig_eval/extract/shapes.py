"""The extractor of the shapes world: colour segmentation and shape matching, nothing learned."""

from __future__ import annotations

from PIL import Image

from rlrig_eval.extract.contract import Unscored
from rlrig_eval.extract.words import OBJECT_FRAME, Words
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import CANVAS, NotAShapesDrawing, read


class ShapesExtractor:
    """`shapes.read` behind the extractor's contract."""

    name = "shapes"
    version = "1"
    long_side = float(CANVAS)

    def extract_worded(self, image: Image.Image, words: Words) -> SceneGraph:
        """As `extract`, which needs no words; Unscored also where they ask for a thing's own left."""
        if any(word.endswith(OBJECT_FRAME) for word in words.predicates):
            raise Unscored("no shape has a left and a right of its own")
        return self.extract(image)

    def extract(self, image: Image.Image) -> SceneGraph:
        try:
            return read(image)
        except NotAShapesDrawing as problem:
            raise Unscored(str(problem)) from None
