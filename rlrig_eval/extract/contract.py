"""What reads a picture."""

from __future__ import annotations

from typing import Protocol

from PIL import Image

from rlrig_eval.errors import RunError
from rlrig_eval.scene import SceneGraph


class Unscored(RunError):
    """This picture cannot be read, for a reason that says nothing on how good it is."""


class Extractor(Protocol):
    """Reads what a picture shows, without knowing what it should show. Built without arguments."""

    name: str
    version: str
    """Goes up when a picture may be read otherwise; runs read by two versions are not compared."""

    def extract(self, image: Image.Image) -> SceneGraph:
        """Instances with boxes, and every vocabulary relation that holds between them with margin.

        Args:
            image: RGB, any size.

        Raises:
            Unscored: the picture is not of a kind that this extractor reads.
        """
        ...
