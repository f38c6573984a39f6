"""Drawings with known geometry, and everything that is asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from PIL import Image, ImageOps

from rlrig_eval import shapes
from rlrig_eval.scene import Entity, Relation, SceneGraph, check, opposite
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES

PREDICATES = ("left of", "above", "right of", "below")
SIDEWAYS = frozenset({"left of", "right of"})
GREY = (128, 128, 128)


@dataclass(frozen=True)
class Scene:
    """A statement of two things and a relation, a drawing in which it holds, and another in which it does not.

    Nothing but kinds and places is stated, so that an extractor without an eye for colours can be calibrated.
    """

    stated: SceneGraph
    drawing: Image.Image
    other: Image.Image

    @property
    def mirrored(self) -> SceneGraph:
        """What the mirror image shows: the same, left and right changed."""
        return mirrored(self.stated)

    @property
    def mirror_image(self) -> Image.Image:
        return ImageOps.mirror(self.drawing)

    @property
    def blank(self) -> Image.Image:
        return Image.new("RGB", self.drawing.size, GREY)

    @property
    def sideways(self) -> bool:
        return self.stated.relations[0].predicate in SIDEWAYS

    def text(self, graph: SceneGraph) -> str:
        first, second = graph.entities
        return f"a {first.category} {graph.relations[0].predicate} a {second.category}"


def scenes(count: int, side: int, seed: int = 0) -> list[Scene]:
    """So many scenes, the four relations in turn; the same ones for the same arguments.

    The drawing that stands in for a wrong one (shuffled) is that of the nearest later scene that does not satisfy
    the statement, by the drawings' truth.
    """
    rng = np.random.default_rng(seed)
    laid = [_laid(predicate, rng) for predicate in islice(cycle(PREDICATES), count)]
    truths = [shapes.truth(graph) for graph in laid]
    pictures = [shapes.draw(graph, side) for graph in laid]
    return [
        Scene(_bare(graph), pictures[index], pictures[_stranger(_bare(graph), truths, index)])
        for index, graph in enumerate(laid)
    ]


def mirrored(graph: SceneGraph) -> SceneGraph:
    """`graph` with left and right changed.

    >>> mirrored(SceneGraph.from_triples([("cat", "left of", "dog")])).relations[0].predicate
    'right of'
    """
    turned = tuple(
        r.model_copy(update={"predicate": opposite(r.predicate)}) if r.predicate in SIDEWAYS else r
        for r in graph.relations
    )
    return graph.model_copy(update={"relations": turned})


def _laid(predicate: str, rng: np.random.Generator) -> SceneGraph:
    kinds = rng.choice(sorted(SHAPES), 2, replace=False)
    colours = rng.choice(sorted(COLOURS), 2, replace=False)
    things = tuple(
        Entity(id=name, category=str(kind), attributes=(str(colour),))
        for name, kind, colour in zip("ab", kinds, colours, strict=True)
    )
    stated = Relation(subject="a", predicate=predicate, object="b")
    return shapes.layout(SceneGraph(entities=things, relations=(stated,)), rng)


def _bare(graph: SceneGraph) -> SceneGraph:
    things = tuple(Entity(id=one.id, category=one.category) for one in graph.entities)
    return SceneGraph(entities=things, relations=graph.relations)


def _stranger(stated: SceneGraph, truths: list[SceneGraph], index: int) -> int:
    """The scene after `index`, counting round, whose truth does not satisfy `stated`."""
    for step in range(1, len(truths)):
        other = (index + step) % len(truths)
        if not all(check(stated.requirements(), truths[other]).values()):
            return other
    raise ValueError(f"{len(truths)} scenes are too few to shuffle")
