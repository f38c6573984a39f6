"""Give the entities of a scene graph boxes such that every stated relation holds, and holds with margin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rlrig_eval.scene.geometry import between_margin, gaps, pair_margins
from rlrig_eval.scene.graph import Entity, Relation, SceneGraph
from rlrig_eval.shapes.draw import CANVAS
from rlrig_eval.shapes.occlusion import nests, offsets
from rlrig_eval.shapes.placement import BORDER, FREE, Placement, corners, preferred
from rlrig_eval.shapes.vocabulary import CONTAINERS, LARGE

MARGIN = 2.0
"""Canvas pixels by which every rule of `scene.geometry` is met or missed, for every pair and triple of a scene."""

_APART = 3  # canvas pixels between things that do not overlap
_NEIGHBOURS = 160  # places tried beside a thing that is overlapped
_OVERLAPPING = ("inside", "in front of")

Boxes = NDArray[np.float64]
_NOWHERE = np.empty((0, 2), dtype=np.int64)


class LayoutError(ValueError):
    """No arrangement was found: the relations contradict each other or leave no room."""


@dataclass(frozen=True)
class _Plan:
    """A graph of instances in canonical form, with what each pair and triple of them must be."""

    entities: tuple[Entity, ...]
    stated: tuple[Relation, ...]

    def about(self, *members: str) -> list[Relation]:
        return [r for r in self.stated if {r.subject, *r.objects} == set(members)]

    def overlap(self, one: str, other: str) -> Relation | None:
        return next((r for r in self.about(one, other) if r.predicate in _OVERLAPPING and not r.negated), None)


def layout(
    graph: SceneGraph,
    rng: Generator,
    attempts: int = 60,
    fixed: Mapping[str, Entity] | None = None,
    placement: Placement = FREE,
) -> SceneGraph:
    """The instances of `graph` with integer boxes and depths on the 64-pixel canvas; relations as stated.

    Things overlap only where `graph` states inside or in front of. `fixed` gives entities (by instance id) that
    keep their box and depth; the others are placed around them, as `placement` prefers.

    Raises:
        LayoutError: nothing found within `attempts`.
    """
    expanded = graph.expand()
    plan = _Plan(expanded.entities, tuple(r.canonical() for r in expanded.relations))
    for _ in range(attempts):
        placed = _attempt(plan, rng, fixed or {}, placement)
        if placed is not None:
            return SceneGraph(entities=placed, relations=expanded.relations)
    raise LayoutError(f"no layout found for {graph.model_dump_json(exclude_defaults=True)}")


def _attempt(
    plan: _Plan, rng: Generator, fixed: Mapping[str, Entity], placement: Placement
) -> tuple[Entity, ...] | None:
    extents = _extents(plan, rng, fixed, placement)
    if extents is None:
        return None
    placed: dict[str, Boxes] = {
        name: np.asarray(entity.box, dtype=np.float64) for name, entity in fixed.items() if entity.box is not None
    }
    order = [plan.entities[i] for i in rng.permutation(len(plan.entities)) if plan.entities[i].id not in placed]
    # What holds, hides or flanks another thing is the anchor of the relation, so it stands first.
    anchoring = (*_OVERLAPPING, "between")
    order.sort(key=lambda e: -sum(e.id in r.objects for r in plan.stated if r.predicate in anchoring))
    for entity in order:
        proposals = _propose(plan, entity, extents, placed, rng, placement)
        good = _admissible(plan, entity.id, proposals, placed)
        if not good.any():
            return None
        placed[entity.id] = proposals[int(np.argmax(good))]
    depths = _depths(plan, rng, fixed)
    if depths is None:
        return None
    return tuple(
        entity.model_copy(update={"box": tuple(map(float, placed[entity.id])), "depth": depths[entity.id]})
        for entity in plan.entities
    )


def _extents(plan: _Plan, rng: Generator, fixed: Mapping[str, Entity], placement: Placement) -> dict[str, int] | None:
    """An extent in canvas pixels for every entity: as stated, as relations need, else at random."""
    large: dict[str, bool] = {}
    for entity in plan.entities:
        if entity.id in fixed and fixed[entity.id].box is not None:
            box = fixed[entity.id].box or (0, 0, 0, 0)
            large[entity.id] = box[2] - box[0] >= LARGE[0]
        elif "small" in entity.attributes or "large" in entity.attributes:
            large[entity.id] = "large" in entity.attributes
    for relation in plan.stated:
        if relation.negated or relation.predicate not in ("bigger than", "inside"):
            continue
        big, little = relation.subject, relation.objects[0]
        if relation.predicate == "inside":
            big, little = little, big
        if large.setdefault(big, True) is False or large.setdefault(little, False) is True:
            return None
    share = {1: 0.6, 2: 0.5, 3: 0.35}.get(len(plan.entities), 0.25)
    for entity in plan.entities:
        if entity.id not in large:
            large[entity.id] = bool(rng.random() < share)
    return {name: int(rng.choice(placement.large if big else placement.small)) for name, big in large.items()}


def _propose(
    plan: _Plan,
    entity: Entity,
    extents: Mapping[str, int],
    placed: Mapping[str, Boxes],
    rng: Generator,
    placement: Placement,
) -> Boxes:
    """(n, 4) boxes to try, already at the right place relative to what the entity overlaps."""
    extent = extents[entity.id]
    partner = next((other for other in placed if plan.overlap(entity.id, other) is not None), None)
    if partner is None:
        corner = corners(extent, placement, rng)
    else:
        corner = preferred(_beside(plan, entity, partner, extent, placed[partner], rng), extent, placement)
    boxes = np.concatenate([corner, corner + extent], -1)
    inside = (boxes[:, :2] >= BORDER).all(1) & (boxes[:, 2:] <= CANVAS - BORDER).all(1)
    return np.asarray(boxes[inside])


def _beside(
    plan: _Plan, entity: Entity, partner: str, extent: int, anchor: Boxes, rng: Generator
) -> NDArray[np.float64]:
    relation = plan.overlap(entity.id, partner)
    if relation is None:
        raise AssertionError("only overlapping things are placed beside each other")
    category = {e.id: e.category for e in plan.entities}
    extent_of = {entity.id: extent, partner: round(float(anchor[2] - anchor[0]))}
    upper, lower = relation.subject, relation.objects[0]
    names = (category[upper], extent_of[upper], category[lower], extent_of[lower])
    if relation.predicate == "inside":
        steps = nests(*names) if category[lower] in CONTAINERS else _NOWHERE
    else:
        # One looks through a ring: what is behind it is not simply hidden.
        steps = offsets(*names) if category[upper] != "ring" else _NOWHERE
    chosen = rng.permutation(len(steps))[:_NEIGHBOURS]
    return np.asarray(anchor[:2] + (steps[chosen] if upper == entity.id else -steps[chosen]))


def _admissible(plan: _Plan, name: str, boxes: Boxes, placed: Mapping[str, Boxes]) -> NDArray[np.bool_]:
    """Which of `boxes` (n, 4) for `name` satisfy what is stated, MARGIN away from every threshold."""
    good = np.ones(len(boxes), dtype=bool)
    for other, box in placed.items():
        if not good.any():
            return good
        good &= _pair_fits(plan, name, other, boxes, box)
    names = list(placed)
    for i, one in enumerate(names):
        for two in names[i + 1 :]:
            if not good.any():
                return good
            good &= _triple_fits(plan, (name, one, two), (boxes, placed[one], placed[two]))
    return good


def _pair_fits(plan: _Plan, name: str, other: str, boxes: Boxes, box: Boxes) -> NDArray[np.bool_]:
    margins = pair_margins(boxes, box, CANVAS)
    good = np.ones(len(boxes), dtype=bool)
    overlap = plan.overlap(name, other)
    for margin in margins.values():
        good &= np.abs(margin) >= MARGIN
    if overlap is None:
        good &= gaps(boxes, box) >= _APART
    for relation in plan.about(name, other):
        if relation.predicate in _OVERLAPPING:
            if relation.negated and overlap is not None:
                good &= False
            continue
        held = _stated_margin(relation, name, margins) > 0
        if overlap is not None and overlap.predicate == "inside" and relation.predicate == "near":
            held = np.zeros(len(boxes), dtype=bool)
        good &= ~held if relation.negated else held
    return good


def _stated_margin(relation: Relation, name: str, margins: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    mirrored = {"left of": "right of", "above": "below", "bigger than": "smaller than"}
    predicate = relation.predicate
    return margins[predicate if relation.subject == name else mirrored.get(predicate, predicate)]


def _triple_fits(plan: _Plan, names: Sequence[str], boxes: Sequence[Boxes]) -> NDArray[np.bool_]:
    good = np.ones(len(boxes[0]), dtype=bool)
    for middle in range(3):
        ends = [i for i in range(3) if i != middle]
        margin = between_margin(boxes[middle], boxes[ends[0]], boxes[ends[1]], CANVAS)
        good &= np.abs(margin) >= MARGIN
        for relation in plan.about(*names):
            if relation.predicate == "between" and relation.subject == names[middle]:
                good &= margin <= 0 if relation.negated else margin > 0
    return good


def _depths(plan: _Plan, rng: Generator, fixed: Mapping[str, Entity]) -> dict[str, float] | None:
    """Distances from the viewer in which the nearer of every overlapping pair has the smaller."""
    depths = {
        entity.id: float(rank) for entity, rank in zip(plan.entities, rng.permutation(len(plan.entities)), strict=True)
    }
    depths.update({name: entity.depth for name, entity in fixed.items() if entity.depth is not None})
    pairs = [(r.subject, r.objects[0]) for r in plan.stated if r.predicate in _OVERLAPPING and not r.negated]
    for _ in range(len(plan.entities)):
        for near, far in pairs:
            if depths[near] >= depths[far]:
                if near in fixed and far in fixed:
                    return None
                moved, rest = (near, depths[far] - 1) if near not in fixed else (far, depths[near] + 1)
                depths[moved] = rest
    return depths if all(depths[near] < depths[far] for near, far in pairs) else None
