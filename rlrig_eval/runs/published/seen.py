"""What published rules take from a read graph, and what they cannot take from one that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from rlrig_eval.extract import Unscored
from rlrig_eval.metrics import Detection
from rlrig_eval.scene import Box, Relation, SceneGraph


def detections(read: SceneGraph) -> list[Detection]:
    """The things that have a box, in the extractor's order. Raises Unscored where an extractor gives none at all."""
    require_boxes(read)
    return [Detection(entity.category, entity.box) for entity in read.entities if entity.box is not None]


def boxes_of(read: SceneGraph, category: str) -> Iterator[Box]:
    """The boxes of a category, in the extractor's order. Raises Unscored where an extractor gives none at all."""
    require_boxes(read)
    return (entity.box for entity in read.entities if entity.category == category and entity.box is not None)


def require_boxes(read: SceneGraph) -> None:
    """Raises Unscored where an extractor gives things no boxes at all: a rule on boxes would call them absent."""
    if read.entities and all(entity.box is None for entity in read.entities):
        raise Unscored("the extractor names things and gives no boxes, which the rule of this benchmark needs")


def bare(asked: SceneGraph) -> bool:
    """Whether a prompt asks for single things by their category alone, which is all that a rule on boxes looks at."""
    return all(entity.count == 1 and not entity.attributes for entity in asked.entities)


def as_seen(relation: Relation) -> bool:
    """Whether a relation is to hold, from where the viewer stands: published rules know no other."""
    return relation.frame == "viewer" and not relation.negated
