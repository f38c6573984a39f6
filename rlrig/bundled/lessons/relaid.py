"""Scenes laid out anew, with some things moved, resized or swapped and the others where they are; and the measures of
a thing that the rules of `edits` go by.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
from numpy.random import Generator

from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.shapes import CANVAS, CLEAR, NEAT, LayoutError, layout, truth, vocabulary
from rlrig_eval.shapes.placement import Point


def relaid(
    rng: Generator, entities: Sequence[Entity], moved: Mapping[str, Point | None], relations: tuple[Relation, ...]
) -> SceneGraph:
    """`entities` with those in `moved` placed anew such that `relations` hold; the others stay where they are.

    Each stands as near as can be to the point given for it, or anywhere.
    """
    free = tuple(e.model_copy(update={"box": None, "depth": None}) if e.id in moved else e for e in entities)
    kept = tuple(
        r
        for r in truth(SceneGraph(entities=tuple(e for e in entities if e.id not in moved))).relations
        if r.predicate in ("inside", "in front of")
    )
    fixed = {e.id: e for e in free if e.box is not None}
    near = {number: point for number, point in moved.items() if point is not None}
    graph = SceneGraph(entities=free, relations=(*kept, *relations))
    return settled(graph, rng, 12, fixed, near)


def settled(
    graph: SceneGraph, rng: Generator, attempts: int, fixed: Mapping[str, Entity], near: Mapping[str, Point]
) -> SceneGraph:
    """`layout` such that what is stated clearly holds, or where there is no room for that such that it just holds."""
    with suppress(LayoutError):
        return layout(graph, rng, attempts, fixed, CLEAR, near=near)
    return layout(graph, rng, attempts, fixed, NEAT, near=near)


def swapped(scene: SceneGraph, a: Entity, b: Entity) -> SceneGraph:
    """`scene` with two of its things in each other's boxes."""
    places = {a.id: b.box, b.id: a.box}
    return SceneGraph(entities=tuple(e.model_copy(update={"box": places.get(e.id, e.box)}) for e in scene.entities))


def resized(rng: Generator, scene: SceneGraph, thing: Entity) -> SceneGraph:
    """`scene` with a small thing large or a large one small, as near to its place as there is room.

    LayoutError if there is none.
    """
    other = of_size(thing, other_size(thing))
    return relaid(rng, [other if e.id == thing.id else e for e in scene.entities], {thing.id: middle(thing)}, ())


def other_size(thing: Entity) -> str:
    return "large" if size_word(thing) == "small" else "small"


def overlaps(scene: SceneGraph, thing: Entity) -> bool:
    return any(
        thing.id in (r.subject, *r.objects) for r in truth(scene).relations if r.predicate in ("inside", "in front of")
    )


def size_word(entity: Entity) -> str:
    return vocabulary.size_word(extent(entity))


def as_large(entity: Entity, other: Entity) -> Entity:
    """`entity` told to be of the size that `other` is drawn in."""
    return of_size(entity, size_word(other))


def of_size(entity: Entity, word: str) -> Entity:
    """`entity` told to be "small" or "large"."""
    return entity.model_copy(update={"attributes": (word, *entity.attributes[-1:])})


def middle(entity: Entity) -> Point:
    """The centre of its box; that of the canvas where it has none."""
    x0, y0, x1, y1 = entity.box or (0, 0, CANVAS, CANVAS)
    return (x0 + x1) / 2, (y0 + y1) / 2


def extent(entity: Entity) -> float:
    """Canvas pixels a side; that of the canvas where it has no box."""
    x0, _, x1, _ = entity.box or (0, 0, CANVAS, CANVAS)
    return x1 - x0


def prominence(entity: Entity) -> tuple[float, float, float]:
    """What of things alike goes first: the smallest, of equals the one farthest from the middle of the canvas.

    Then the highest: a mirror image has the same order.
    """
    x, y = middle(entity)
    return extent(entity), -float(np.hypot(x - CANVAS / 2, y - CANVAS / 2)), y
