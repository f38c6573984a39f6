"""What published rules take from a read graph."""

from __future__ import annotations

from collections.abc import Iterator

from rlrig_eval.metrics import Detection
from rlrig_eval.scene import Box, SceneGraph


def detections(read: SceneGraph) -> list[Detection]:
    """The things that have a box, in the extractor's order."""
    return [Detection(entity.category, entity.box) for entity in read.entities if entity.box is not None]


def boxes_of(read: SceneGraph, category: str) -> Iterator[Box]:
    """The boxes of a category, in the extractor's order."""
    return (entity.box for entity in read.entities if entity.category == category and entity.box is not None)
