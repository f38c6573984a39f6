"""Find places for things one after another: the first that will do, or the one that leaves the others most room."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rlrig_eval.scene.graph import Entity
from rlrig_eval.shapes.constraints import MEETING, Boxes, Plan, admissible
from rlrig_eval.shapes.draw import CANVAS
from rlrig_eval.shapes.occlusion import contacts, nests, offsets
from rlrig_eval.shapes.placement import BORDER, PROPOSALS, Placement, Point, corners, in_row, nearest, preferred
from rlrig_eval.shapes.vocabulary import CONTAINERS

_NEIGHBOURS = 160  # places tried beside a thing that is overlapped
_PLACES = 640  # places tried for each thing, with foresight ...
_CHOICES = 8  # ... and so many of them compared by the room that they leave
_SHORT = 4  # rows of so many things find their places without being told
_NOWHERE = np.empty((0, 2), dtype=np.int64)

Placed = dict[str, Boxes]
"""Instance id -> box (4,)."""


@dataclass(frozen=True)
class Search:
    """One attempt to place the things of a plan, each with its extent in canvas pixels; some `near` a point."""

    plan: Plan
    extents: Mapping[str, int]
    placement: Placement
    near: Mapping[str, Point]
    rng: Generator

    def in_order(self, standing: Mapping[str, Boxes]) -> Placed | None:
        """Boxes for all things, `standing` among them, each at the first place found; None when one finds none."""
        placed = dict(standing)
        order = self._shuffled(placed)
        # What holds, hides, touches or flanks another thing is the anchor of the relation, so it stands first.
        anchoring = (*MEETING, "between")
        order.sort(key=lambda e: -sum(e.id in r.objects for r in self.plan.stated if r.predicate in anchoring))
        for entity in order:
            proposals = self._propose(entity, placed, PROPOSALS)
            good = self._admissible(entity.id, proposals, placed)
            if not good.any():
                return None
            placed[entity.id] = proposals[int(np.argmax(good))]
        return placed

    def with_foresight(self, standing: Mapping[str, Boxes]) -> Placed | None:
        """The same, but what has the fewest places left comes next, where it leaves most to whichever then has fewest.

        Forward checking (Haralick and Elliott 1980) with the most constrained thing first and the least constraining
        of a few places, without going back.
        """
        placed = dict(standing)
        room = {entity.id: self._fitting(entity, placed) for entity in self._shuffled(placed)}
        while room:
            name = min(room, key=lambda waiting: len(room[waiting]))
            boxes = room.pop(name)[:_CHOICES]
            left = [self._left(room, {**placed, name: box}, name) for box in boxes]
            fewest = [min(map(len, others.values()), default=1) for others in left]
            if not any(fewest):
                return None
            best = int(np.argmax(fewest))
            placed[name], room = boxes[best], left[best]
        return placed

    def _left(self, room: Mapping[str, Boxes], placed: Placed, latest: str) -> dict[str, Boxes]:
        """What `latest` leaves of each thing's places."""
        things = {entity.id: entity for entity in self.plan.entities}
        left: dict[str, Boxes] = {}
        for name, boxes in room.items():
            if self.plan.meeting(name, latest) is not None:
                left[name] = self._fitting(things[name], placed)
            else:
                left[name] = boxes[self._admissible(name, boxes, placed)]
        return left

    def _fitting(self, entity: Entity, placed: Placed) -> Boxes:
        proposals = self._propose(entity, placed, _PLACES)
        return proposals[self._admissible(entity.id, proposals, placed)]

    def _admissible(self, name: str, boxes: Boxes, placed: Placed) -> NDArray[np.bool_]:
        return admissible(self.plan, name, boxes, placed, self.placement.clear)

    def _shuffled(self, placed: Placed) -> list[Entity]:
        entities = self.plan.entities
        return [entities[i] for i in self.rng.permutation(len(entities)) if entities[i].id not in placed]

    def _propose(self, entity: Entity, placed: Placed, places: int) -> Boxes:
        """(n, 4) boxes to try, already at the right place relative to what the entity overlaps or touches."""
        extent = self.extents[entity.id]
        partner = next((other for other in placed if self.plan.meeting(entity.id, other) is not None), None)
        if partner is None:
            corner = corners(extent, self.placement, self.rng, places)
            if self.placement.rows:
                corner = self._in_rows(entity, corner)
        else:
            corner = self._beside(entity, partner, placed[partner])
        if entity.id in self.near:
            corner = nearest(corner, extent, self.near[entity.id])
        corner = preferred(corner, extent, self.placement)
        boxes = np.concatenate([corner, corner + extent], -1)
        inside = (boxes[:, :2] >= BORDER).all(1) & (boxes[:, 2:] <= CANVAS - BORDER).all(1)
        return np.asarray(boxes[inside])

    def _in_rows(self, entity: Entity, corner: NDArray[np.float64]) -> NDArray[np.float64]:
        for axis, predicate in enumerate(("left of", "above")):
            rank, length = self.plan.row(entity.id, predicate)
            if length > _SHORT:
                corner = in_row(corner, axis, rank, length, self.extents[entity.id])
        return corner

    def _beside(self, entity: Entity, partner: str, anchor: Boxes) -> NDArray[np.float64]:
        relation = self.plan.meeting(entity.id, partner)
        if relation is None:
            raise AssertionError("only things that meet are placed beside each other")
        category = {e.id: e.category for e in self.plan.entities}
        extent_of = {entity.id: self.extents[entity.id], partner: round(float(anchor[2] - anchor[0]))}
        upper, lower = relation.subject, relation.objects[0]
        names = (category[upper], extent_of[upper], category[lower], extent_of[lower])
        if relation.predicate == "inside":
            steps = nests(*names) if category[lower] in CONTAINERS else _NOWHERE
        elif relation.predicate == "touching":
            steps = contacts(*names)
        else:
            # One looks through a ring: what is behind it is not simply hidden.
            steps = offsets(*names) if category[upper] != "ring" else _NOWHERE
        chosen = self.rng.permutation(len(steps))[: None if entity.id in self.near else _NEIGHBOURS]
        return np.asarray(anchor[:2] + (steps[chosen] if upper == entity.id else -steps[chosen]))
