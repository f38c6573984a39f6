"""What the things of a graph must be to each other, and which places for one of them are right for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.scene.geometry import between_margin, gaps, pair_margins
from rlrig_eval.scene.graph import Entity, Relation
from rlrig_eval.shapes.draw import CANVAS
from rlrig_eval.shapes.occlusion import contacts

MARGIN = 2.0
"""Canvas pixels by which every rule of `scene.geometry` is met or missed, for every pair and triple of a scene."""
OVERLAPPING = ("inside", "in front of")
MEETING = (*OVERLAPPING, "touching")

_APART = 3  # canvas pixels between things that do not meet

Boxes = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """A graph of instances in canonical form, with what each pair and triple of them must be."""

    entities: tuple[Entity, ...]
    stated: tuple[Relation, ...]

    def about(self, *members: str) -> list[Relation]:
        return [r for r in self.stated if {r.subject, *r.objects} == set(members)]

    def overlap(self, one: str, other: str) -> Relation | None:
        return next((r for r in self.about(one, other) if r.predicate in OVERLAPPING and not r.negated), None)

    def meeting(self, one: str, other: str) -> Relation | None:
        """What puts the two at each other: that they overlap or, of two that do not, that they touch."""
        touching = (r for r in self.about(one, other) if r.predicate == "touching" and not r.negated)
        return self.overlap(one, other) or next(touching, None)

    def row(self, name: str, predicate: str) -> tuple[int, int]:
        """How many things stand before this one in the longest stated row through it, and the length of that row."""
        pairs = [(r.subject, r.objects[0]) for r in self.stated if r.predicate == predicate and not r.negated]

        def longest(start: str, steps: frozenset[tuple[str, str]], seen: frozenset[str]) -> int:
            onward = (there for here, there in steps if here == start and there not in seen)
            return max((1 + longest(there, steps, seen | {there}) for there in onward), default=0)

        before = longest(name, frozenset((b, a) for a, b in pairs), frozenset({name}))
        return before, before + 1 + longest(name, frozenset(pairs), frozenset({name}))

    def category(self, name: str) -> str:
        return next(entity.category for entity in self.entities if entity.id == name)


def admissible(plan: Plan, name: str, boxes: Boxes, placed: Mapping[str, Boxes], clear: float) -> NDArray[np.bool_]:
    """Which of `boxes` (n, 4) for `name` satisfy what is stated, MARGIN away from every threshold.

    What is stated, overlaps and negations aside, holds by more than `clear` canvas pixels.
    """
    good = np.ones(len(boxes), dtype=bool)
    for other, box in placed.items():
        if not good.any():
            return good
        good &= _pair_fits(plan, name, other, boxes, box, clear)
    names = list(placed)
    for i, one in enumerate(names):
        for two in names[i + 1 :]:
            if not good.any():
                return good
            good &= _triple_fits(plan, (name, one, two), (boxes, placed[one], placed[two]), clear)
    return good


def _pair_fits(plan: Plan, name: str, other: str, boxes: Boxes, box: Boxes, clear: float) -> NDArray[np.bool_]:
    margins = pair_margins(boxes, box, CANVAS)
    good = np.ones(len(boxes), dtype=bool)
    overlap = plan.overlap(name, other)
    for margin in margins.values():
        good &= np.abs(margin) >= MARGIN
    meeting = plan.meeting(name, other)
    if meeting is None:
        good &= gaps(boxes, box) >= _APART
    elif meeting.predicate == "touching":
        good &= _in_contact((plan.category(name), boxes), (plan.category(other), box))
    for relation in plan.about(name, other):
        if relation.predicate in OVERLAPPING:
            if relation.negated and overlap is not None:
                good &= False
            continue
        if relation.predicate == "touching":
            if meeting is not None and (meeting.predicate == "touching") == relation.negated:
                good &= False
            continue
        margin = _stated_margin(relation, name, margins)
        held = margin > (0 if relation.negated else clear)
        if overlap is not None and overlap.predicate == "inside" and relation.predicate == "near":
            held = np.zeros(len(boxes), dtype=bool)
        good &= ~held if relation.negated else held
    return good


def _in_contact(one: tuple[str, Boxes], other: tuple[str, Boxes]) -> NDArray[np.bool_]:
    """At which of the first thing's boxes (n, 4), all of one extent, it touches the other one at its box (4,)."""
    (moving, boxes), (still, box) = one, other
    if not len(boxes):
        return np.ones(0, dtype=bool)
    steps = contacts(moving, _extent(boxes[0]), still, _extent(box))
    offsets = boxes[:, :2] - box[:2]
    return np.asarray((offsets[:, None] == steps[None]).all(-1).any(-1))


def _extent(box: Boxes) -> int:
    return round(float(box[2] - box[0]))


def _stated_margin(relation: Relation, name: str, margins: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    mirrored = {"left of": "right of", "above": "below", "bigger than": "smaller than"}
    predicate = relation.predicate
    return margins[predicate if relation.subject == name else mirrored.get(predicate, predicate)]


def _triple_fits(plan: Plan, names: Sequence[str], boxes: Sequence[Boxes], clear: float) -> NDArray[np.bool_]:
    good = np.ones(len(boxes[0]), dtype=bool)
    for middle in range(3):
        ends = [i for i in range(3) if i != middle]
        margin = between_margin(boxes[middle], boxes[ends[0]], boxes[ends[1]], CANVAS)
        good &= np.abs(margin) >= MARGIN
        for relation in plan.about(*names):
            if relation.predicate == "between" and relation.subject == names[middle]:
                good &= margin <= 0 if relation.negated else margin > clear
    return good
