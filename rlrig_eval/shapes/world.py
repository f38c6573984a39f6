"""Sample a scene of the shapes world, and measure the true graph of a drawn one."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image

from rlrig_eval.scene.geometry import relations
from rlrig_eval.scene.graph import Entity, Relation, SceneGraph
from rlrig_eval.shapes.draw import CANVAS, PLAIN, Style, render, silhouette
from rlrig_eval.shapes.layout import LayoutError, layout
from rlrig_eval.shapes.vocabulary import COLOURS, CONTAINERS, SHAPES, UNSEEN, size_word

Pairing = tuple[str, str]
"""A (colour, shape)."""

PAIRINGS: tuple[Pairing, ...] = tuple((colour, shape) for colour in COLOURS for shape in SHAPES)
SEEN: tuple[Pairing, ...] = tuple(pairing for pairing in PAIRINGS if pairing not in UNSEEN)

_FORESIGHT = 30  # attempts for what is crowded


def sample(rng: Generator, entities: int | None = None, pairings: Sequence[Pairing] = PAIRINGS) -> SceneGraph:
    """A random scene: instances with boxes, depths, a colour and a size word, and every relation that holds.

    Args:
        entities: how many things to draw, 1 to 4; random when None.
        pairings: the (colour, shape) pairings to draw from.

    Every rule of `scene.geometry` is met or missed by at least 2 canvas pixels.
    """
    wanted = int(rng.integers(1, 5)) if entities is None else entities
    while True:
        try:
            return truth(layout(_cast(rng, wanted, pairings), rng, attempts=8))
        except LayoutError:
            continue


def truth(graph: SceneGraph) -> SceneGraph:
    """A laid-out graph as a perfect reader would see it: size and colour words, and every relation that holds."""
    entities = tuple(entity.model_copy(update={"attributes": _seen_attributes(entity)}) for entity in graph.entities)
    masks = {e.id: silhouette(e.category, e.box) for e in entities if e.box is not None}
    return SceneGraph(entities=entities, relations=relations(entities, CANVAS, masks))


def draw(graph: SceneGraph, size: int = 64, seed: int = 0, style: Style = PLAIN) -> Image.Image:
    """A square RGB drawing of `graph`, `size` pixels a side; a graph without boxes is laid out with `seed` first.

    Raises:
        LayoutError: the stated relations cannot all hold on the canvas.
        ValueError: a category or colour that the shapes world does not know.
    """
    if any(entity.box is None for entity in graph.entities):
        graph = layout(graph, np.random.default_rng(seed), foresight=_FORESIGHT)
    return render(graph, size, style)


def _seen_attributes(entity: Entity) -> tuple[str, ...]:
    x0, y0, x1, y1 = entity.box or (0, 0, 0, 0)
    colours = tuple(word for word in entity.attributes if word in COLOURS)
    return (size_word(float(np.sqrt((x1 - x0) * (y1 - y0)))), *colours)


def _cast(rng: Generator, count: int, pairings: Sequence[Pairing]) -> SceneGraph:
    """Things without boxes; now and then two alike, one inside another, or one in front of another."""
    chosen = [pairings[i] for i in rng.choice(len(pairings), size=count, replace=False)]
    if count > 1 and rng.random() < 0.2:
        chosen[1] = chosen[0]
    entities = tuple(
        Entity(id=f"e{number}", category=shape, attributes=(colour,)) for number, (colour, shape) in enumerate(chosen)
    )
    return SceneGraph(entities=entities, relations=_overlap(rng, entities))


def _overlap(rng: Generator, entities: Sequence[Entity]) -> tuple[Relation, ...]:
    if len(entities) < 2 or rng.random() < 0.5:
        return ()
    first, second = (entities[i] for i in rng.choice(len(entities), size=2, replace=False))
    if first.attributes == second.attributes:
        return ()
    if rng.random() < 0.5:
        return (
            (Relation(subject=first.id, predicate="inside", object=second.id),) if second.category in CONTAINERS else ()
        )
    return (Relation(subject=first.id, predicate="in front of", object=second.id),) if first.category != "ring" else ()
