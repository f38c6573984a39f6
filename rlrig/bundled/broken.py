"""Pictures of scenes in which a thing came out as neither this nor that, as a Diffuser's do now and then."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import PLAIN, Style, render, truth
from rlrig_eval.shapes.vocabulary import COLOURS
from rlrig_eval.suite.structures import Pairing

_GRAIN = (2, 5)  # cells a side, half of which are of the one thing and half of the other
_GONE = 0.3  # share of things that are torn rather than mixed with another
_SOFT = 1.5  # canvas pixels of blur between them


def broken(
    rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], style: Style = PLAIN
) -> tuple[Image.Image, SceneGraph] | None:
    """A picture of `scene` with a thing half gone, or half another of `pairings`, and its truth: without that thing.

    What lies over or under it is broken with it, for there a Diffuser errs most. None when nothing else is left.
    """
    victim = scene.entities[int(rng.integers(len(scene.entities)))]
    hit = _with(victim, scene)
    victims = [entity for entity in scene.entities if entity.id in hit]
    rest = tuple(entity for entity in scene.entities if entity.id not in hit)
    if not rest:
        return None
    mixed = () if rng.random() < _GONE else tuple(_other(rng, entity, pairings) for entity in victims)
    other = render(SceneGraph(entities=(*rest, *mixed)), style=style)
    picture = Image.composite(render(scene, style=style), other, _patches(rng, victims, other.size))
    return picture, truth(SceneGraph(entities=rest))


def _with(victim: Entity, scene: SceneGraph) -> set[str]:
    """Its id, and those of what it lies over or under, or is laid over or under that."""
    laid = [{r.subject, *r.objects} for r in scene.relations if r.predicate in _OVERLAPPING]
    found = {victim.id}
    while more := set().union(*(pair for pair in laid if pair & found)) - found:
        found |= more
    return found


_OVERLAPPING = ("inside", "in front of")


def _patches(rng: Generator, victims: Sequence[Entity], size: tuple[int, int]) -> Image.Image:
    """White in half of the cells of each of them; those of what is in front count where two overlap."""
    mask = Image.new("L", size)
    for victim in sorted(victims, key=lambda entity: -(entity.depth or 0.0)):
        side = int(rng.integers(*_GRAIN))
        cells = rng.permutation(side * side).reshape(side, side) < side * side / 2
        x0, y0, x1, y1 = (round(edge) for edge in victim.box or (0, 0, *size))
        patches = Image.fromarray((255 * cells).astype(np.uint8))
        mask.paste(patches.resize((max(1, x1 - x0), max(1, y1 - y0)), Image.Resampling.NEAREST), (x0, y0))
    return mask.filter(ImageFilter.GaussianBlur(_SOFT))


def _other(rng: Generator, entity: Entity, pairings: Sequence[Pairing]) -> Entity:
    """Of the same size, in the same place, of another colour."""
    others = [(colour, shape) for colour, shape in pairings if colour not in entity.attributes]
    colour, shape = others[int(rng.integers(len(others)))]
    kept = [word for word in entity.attributes if word not in COLOURS]
    return entity.model_copy(update={"attributes": (*kept, colour), "category": shape})
