"""Pictures of scenes in which one thing came out as neither this nor that, as a Diffuser's do now and then."""

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
    """A picture of `scene` with one thing half gone, or half another of `pairings`, and its truth: without that thing.

    None when there is nothing else, or the thing lies over or under another, where nobody could say what is whole.
    """
    victim = scene.entities[int(rng.integers(len(scene.entities)))]
    rest = tuple(entity for entity in scene.entities if entity.id != victim.id)
    laid = any(victim.id in (r.subject, *r.objects) for r in scene.relations if r.predicate in _OVERLAPPING)
    if not rest or laid:
        return None
    mixed = () if rng.random() < _GONE else (_other(rng, victim, pairings),)
    other = render(SceneGraph(entities=(*rest, *mixed)), style=style)
    picture = Image.composite(render(scene, style=style), other, _patches(rng, victim, other.size))
    return picture, truth(SceneGraph(entities=rest))


_OVERLAPPING = ("inside", "in front of")


def _patches(rng: Generator, victim: Entity, size: tuple[int, int]) -> Image.Image:
    side = int(rng.integers(*_GRAIN))
    cells = rng.permutation(side * side).reshape(side, side) < side * side / 2
    x0, y0, x1, y1 = (round(edge) for edge in victim.box or (0, 0, *size))
    mask = Image.new("L", size)
    patches = Image.fromarray((255 * cells).astype(np.uint8))
    mask.paste(patches.resize((max(1, x1 - x0), max(1, y1 - y0)), Image.Resampling.NEAREST), (x0, y0))
    return mask.filter(ImageFilter.GaussianBlur(_SOFT))


def _other(rng: Generator, entity: Entity, pairings: Sequence[Pairing]) -> Entity:
    """Of the same size, in the same place, of another colour."""
    others = [(colour, shape) for colour, shape in pairings if colour not in entity.attributes]
    colour, shape = others[int(rng.integers(len(others)))]
    kept = [word for word in entity.attributes if word not in COLOURS]
    return entity.model_copy(update={"attributes": (*kept, colour), "category": shape})
