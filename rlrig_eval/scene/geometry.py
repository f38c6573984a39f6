"""Boxes and masks to relations, each rule a signed margin in pixels: positive holds, negative does not.

All functions broadcast over leading dimensions; boxes are (..., 4) arrays (x0, y0, x1, y1), y down. `side` is
the image side in pixels: thresholds are given at 64 and scale with it. The rules are this project's own; how
published benchmarks decide the same words stands in `rlrig_eval.metrics`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from rlrig_eval.scene.graph import Entity, Relation

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

OFFSET = 6 / 64  # centres must differ by this much of the side along the axis ...
CONE = float(np.tan(np.pi / 6))  # ... and lie within 60 degrees of it, so a diagonal is both, a near-tie neither
NEAR = 8 / 64  # largest gap between the boxes
FAR = 24 / 64  # smallest gap between the boxes
BIGGER = 1.35  # ratio of the boxes' mean extents
CORRIDOR = 8 / 64  # how far off the line a thing between two others may lie
CONTAINED = 0.95  # share of the inner area that lies within the outer silhouette
OCCLUDED = (0.15, 0.60)  # share of the farther thing's area that the nearer one covers
TOUCHING = 1 / 64  # largest gap between the outlines ...
GRAZED = 0.05  # ... and the largest share of the smaller thing's area that they have in common


@dataclass(frozen=True)
class Silhouette:
    """What a thing covers if nothing hides it, as (H, W) masks: its paint, and its outline, holes closed."""

    painted: Mask
    filled: Mask


def centres(boxes: Array) -> Array:
    """(..., 4) boxes to (..., 2) centres, in pixels."""
    return np.asarray((boxes[..., :2] + boxes[..., 2:]) / 2)


def extents(boxes: Array) -> Array:
    """The geometric mean of width and height, in pixels."""
    spans = boxes[..., 2:] - boxes[..., :2]
    return np.asarray(np.sqrt(spans[..., 0] * spans[..., 1]))


def gaps(a: Array, b: Array) -> Array:
    """Euclidean distance between the boxes' edges in pixels, 0 when they overlap."""
    apart = np.maximum(np.maximum(a[..., :2] - b[..., 2:], b[..., :2] - a[..., 2:]), 0)
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]))


def pair_margins(a: Array, b: Array, side: float) -> dict[str, Array]:
    """Signed margins in pixels of `a predicate b` for every two-place predicate that boxes decide.

    >>> left, right = np.array([0., 20, 12, 32]), np.array([40., 20, 52, 32])
    >>> margins = pair_margins(left, right, 64)
    >>> sorted(name for name, margin in margins.items() if margin > 0)
    ['far from', 'left of']
    """
    offset = centres(b) - centres(a)
    dx, dy = offset[..., 0], offset[..., 1]
    gap = gaps(a, b)
    size_a, size_b = extents(a), extents(b)

    def along(step: Array, across: Array) -> Array:
        return np.asarray(np.minimum(step - OFFSET * side, step - CONE * np.abs(across)))

    return {
        "left of": along(dx, dy),
        "right of": along(-dx, dy),
        "above": along(dy, dx),
        "below": along(-dy, dx),
        "near": NEAR * side - gap,
        "far from": gap - FAR * side,
        "bigger than": size_a - BIGGER * size_b,
        "smaller than": size_b - BIGGER * size_a,
    }


def between_margin(a: Array, b: Array, c: Array, side: float) -> Array:
    """Signed margin in pixels of `a between b and c`.

    The centre of a lies in the middle half of the segment from b's centre to c's, off the line by at most
    CORRIDOR.

    >>> box = lambda x: np.array([x, 20., x + 10, 30])
    >>> [bool(between_margin(box(a), box(b), box(50), 64) > 0) for a, b in ((25, 0), (0, 25))]
    [True, False]
    """
    start = centres(b)
    line = centres(c) - start
    length = np.maximum(np.hypot(line[..., 0], line[..., 1]), 1e-9)
    way = centres(a) - start
    along = (way * line).sum(-1) / length
    across = np.abs(way[..., 0] * line[..., 1] - way[..., 1] * line[..., 0]) / length
    inner = np.minimum(along - length / 4, 0.75 * length - along)
    return np.asarray(np.minimum(inner, CORRIDOR * side - across))


def box_containment(inner: Array, outer: Array) -> Array:
    """Share of the inner box's area that lies within the outer box, 0 to 1."""
    low, high = np.maximum(inner[..., :2], outer[..., :2]), np.minimum(inner[..., 2:], outer[..., 2:])
    overlap = np.clip(high - low, 0, None).prod(-1)
    area = (inner[..., 2:] - inner[..., :2]).prod(-1)
    return np.asarray(overlap / np.maximum(area, 1e-9))


def containment(inner: Silhouette, outer: Silhouette) -> float:
    """Share of the inner silhouette that lies within the outer one, 0 to 1."""
    return float((inner.filled & outer.filled).sum() / max(1, inner.filled.sum()))


def occlusion(nearer: Silhouette, farther: Silhouette) -> float:
    """Share of the farther thing's paint that the nearer one covers, 0 to 1."""
    return float((nearer.painted & farther.painted).sum() / max(1, farther.painted.sum()))


def outline_gap(one: Silhouette, other: Silhouette) -> float:
    """Pixels of ground between two outlines where they come nearest, 0 where they meet or overlap.

    >>> left, right = np.zeros((8, 8), dtype=bool), np.zeros((8, 8), dtype=bool)
    >>> left[2:5, :3], right[2:5, 4:] = True, True
    >>> outline_gap(Silhouette(left, left), Silhouette(right, right))
    1.0
    """
    if not (one.filled.any() and other.filled.any()):
        return float("inf")
    # Neighbouring pixels are a pixel from centre to centre.
    return max(0.0, float(ndimage.distance_transform_edt(~one.filled)[other.filled].min()) - 1)


def touching(one: Silhouette, other: Silhouette, side: float) -> bool:
    """Whether outlines come within TOUCHING of each other, and no nearer than to graze."""
    smaller = max(1, min(int(one.filled.sum()), int(other.filled.sum())))
    grazed = float((one.filled & other.filled).sum()) / smaller
    return grazed <= GRAZED and outline_gap(one, other) <= TOUCHING * side


def relations(
    entities: Sequence[Entity], side: float, silhouettes: Mapping[str, Silhouette] | None = None
) -> tuple[Relation, ...]:
    """Every vocabulary relation that holds between `entities` (each with a box), canonical, in a fixed order.

    With `silhouettes` (amodal masks by entity id) containment and occlusion are measured on them; without, on
    boxes. in front of needs both depths. "touching" needs silhouettes: what boxes have in common is no contact. "on"
    and "under" are not decided here: flat pictures do not tell what bears what.

    Raises:
        ValueError: an entity has no box.
    """
    missing = next((entity.id for entity in entities if entity.box is None), None)
    if missing is not None:
        raise ValueError(f"entity {missing!r} has no box, so its relations cannot be measured")
    boxes = {entity.id: np.asarray(entity.box, dtype=np.float64) for entity in entities}
    found: list[Relation] = []
    for first, second in combinations(entities, 2):
        found.extend(_of_pair(first, second, boxes, side, silhouettes))
    for a, b, c in permutations(entities, 3):
        if b.id < c.id and between_margin(boxes[a.id], boxes[b.id], boxes[c.id], side) > 0:
            found.append(Relation(subject=a.id, predicate="between", object=(b.id, c.id)))
    return tuple(dict.fromkeys(relation.canonical() for relation in found))


def _of_pair(
    first: Entity,
    second: Entity,
    boxes: Mapping[str, Array],
    side: float,
    silhouettes: Mapping[str, Silhouette] | None,
) -> list[Relation]:
    def state(subject: Entity, predicate: str, object_: Entity) -> Relation:
        return Relation(subject=subject.id, predicate=predicate, object=object_.id)

    a, b = boxes[first.id], boxes[second.id]
    held = [name for name, margin in pair_margins(a, b, side).items() if margin > 0]
    contained = [
        (inner, outer)
        for inner, outer in ((first, second), (second, first))
        if _contained(inner, outer, boxes, silhouettes) >= CONTAINED
    ]
    if contained:
        # What lies inside a thing is not "near" it, in the words of any speaker.
        held = [name for name in held if name != "near"]
        return [state(first, name, second) for name in held] + [state(i, "inside", o) for i, o in contained[:1]]
    found = [state(first, name, second) for name in held]
    # Outlines lie within their boxes, but for what a pixel centre rounds.
    beside = silhouettes is not None and gaps(a, b) <= TOUCHING * side + 1
    if silhouettes is not None and beside and touching(silhouettes[first.id], silhouettes[second.id], side):
        found.append(state(first, "touching", second))
    if first.depth is not None and second.depth is not None and first.depth != second.depth:
        nearer, farther = (first, second) if first.depth < second.depth else (second, first)
        if OCCLUDED[0] <= _covered(nearer, farther, boxes, silhouettes) <= OCCLUDED[1]:
            found.append(state(nearer, "in front of", farther))
    return found


def _contained(
    inner: Entity, outer: Entity, boxes: Mapping[str, Array], silhouettes: Mapping[str, Silhouette] | None
) -> float:
    if silhouettes is not None:
        return containment(silhouettes[inner.id], silhouettes[outer.id])
    return float(box_containment(boxes[inner.id], boxes[outer.id]))


def _covered(
    nearer: Entity, farther: Entity, boxes: Mapping[str, Array], silhouettes: Mapping[str, Silhouette] | None
) -> float:
    if silhouettes is not None:
        return occlusion(silhouettes[nearer.id], silhouettes[farther.id])
    return float(box_containment(boxes[farther.id], boxes[nearer.id]))
