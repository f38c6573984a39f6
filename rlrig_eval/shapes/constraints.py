"""What the things of a graph must be to each other, and which places for one of them are right for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.scene.geometry import between_margin, gaps, pair_margins
from rlrig_eval.scene.graph import Entity, Relation
from rlrig_eval.shapes.draw import CANVAS

MARGIN = 2.0
"""Canvas pixels by which every rule of `scene.geometry` is met or missed, for every pair and triple of a scene."""
OVERLAPPING = ("inside", "in front of")

_APART = 3  # canvas pixels between things that do not overlap

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


def admissible(plan: Plan, name: str, boxes: Boxes, placed: Mapping[str, Boxes]) -> NDArray[np.bool_]:
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


def _pair_fits(plan: Plan, name: str, other: str, boxes: Boxes, box: Boxes) -> NDArray[np.bool_]:
    margins = pair_margins(boxes, box, CANVAS)
    good = np.ones(len(boxes), dtype=bool)
    overlap = plan.overlap(name, other)
    for margin in margins.values():
        good &= np.abs(margin) >= MARGIN
    if overlap is None:
        good &= gaps(boxes, box) >= _APART
    for relation in plan.about(name, other):
        if relation.predicate in OVERLAPPING:
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


def _triple_fits(plan: Plan, names: Sequence[str], boxes: Sequence[Boxes]) -> NDArray[np.bool_]:
    good = np.ones(len(boxes[0]), dtype=bool)
    for middle in range(3):
        ends = [i for i in range(3) if i != middle]
        margin = between_margin(boxes[middle], boxes[ends[0]], boxes[ends[1]], CANVAS)
        good &= np.abs(margin) >= MARGIN
        for relation in plan.about(*names):
            if relation.predicate == "between" and relation.subject == names[middle]:
                good &= margin <= 0 if relation.negated else margin > 0
    return good
