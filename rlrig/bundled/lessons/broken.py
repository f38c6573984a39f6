"""Pictures of scenes in which a thing came out as neither this nor that, as a Diffuser's do now and then."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.scene.geometry import gaps
from rlrig_eval.shapes import CANVAS, NEAT, PLAIN, Style, render, truth
from rlrig_eval.shapes.constraints import OVERLAPPING
from rlrig_eval.shapes.vocabulary import COLOURS
from rlrig_eval.suite.structures import Pairing

_GRAIN = (2, 5)  # cells a side, half of which are of the one thing and half of the other
_GONE = 0.3  # share of things that are torn rather than mixed with another
_TWICE = 0.3  # share of things that overlap no other, and run into another like them
_OUT = (0.35, 0.8)  # how far the smaller of the two stands out of the other, in its extents
_SOFT = 1.5  # canvas pixels of blur between them


def broken(
    rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], style: Style = PLAIN
) -> tuple[Image.Image, SceneGraph] | None:
    """A picture of `scene` with a thing half gone, half another of `pairings`, or run into one like it.

    With it comes its truth, which is without that thing. What lies over or under it is broken with it, for there a
    Diffuser errs most. None when nothing else is left.
    """
    victim = scene.entities[int(rng.integers(len(scene.entities)))]
    hit = _with(victim, scene)
    victims = [entity for entity in scene.entities if entity.id in hit]
    rest = tuple(entity for entity in scene.entities if entity.id not in hit)
    if not rest:
        return None
    if len(victims) == 1 and rng.random() < _TWICE and (like := _beside(rng, victim, rest)) is not None:
        return render(SceneGraph(entities=(*rest, victim, like)), style=style), truth(SceneGraph(entities=rest))
    mixed = () if rng.random() < _GONE else tuple(_other(rng, entity, pairings) for entity in victims)
    other = render(SceneGraph(entities=(*rest, *mixed)), style=style)
    picture = Image.composite(render(scene, style=style), other, _patches(rng, victims, other.size))
    return picture, truth(SceneGraph(entities=rest))


def _with(victim: Entity, scene: SceneGraph) -> set[str]:
    """Its id, and those of what it lies over or under, or is laid over or under that."""
    laid = [{r.subject, *r.objects} for r in scene.relations if r.predicate in OVERLAPPING]
    found = {victim.id}
    while more := set().union(*(pair for pair in laid if pair & found)) - found:
        found |= more
    return found


def _beside(rng: Generator, victim: Entity, rest: Sequence[Entity]) -> Entity | None:
    """One like `victim`, small or large, that overlaps it alone; None where there is no room on the side drawn."""
    box = np.asarray(victim.box, dtype=np.float64)
    extent = float(rng.choice((*NEAT.small, *NEAT.large)))
    width = box[2] - box[0]
    angle, out = rng.uniform(0, 2 * np.pi), rng.uniform(*_OUT) * min(width, extent)
    far = abs(width - extent) / 2 + out
    corner = np.round((box[:2] + box[2:] - extent) / 2 + far * np.array([np.cos(angle), np.sin(angle)]))
    there = np.concatenate([corner, corner + extent])
    clear = all(gaps(there, np.asarray(other.box, dtype=np.float64)) > 0 for other in rest)
    if not clear or there.min() < 0 or there.max() > CANVAS:
        return None
    return victim.model_copy(update={"id": f"{victim.id} again", "box": tuple(map(float, there))})


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
