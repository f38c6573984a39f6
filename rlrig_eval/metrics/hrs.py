"""HRS-Bench, spatial and size (arXiv 2304.05390; eslambakr/HRS_benchmark `calc_spatial_relation_acc.py`,
`calc_size_comp_acc.py`).

Boxes are those of the prompt's two, three or four objects, in the prompt's order: the first detection of each class,
None for a class without one. All objects must be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rlrig_eval.metrics.boxes import area
from rlrig_eval.metrics.variant import Variant, is_corrected
from rlrig_eval.scene import Box

LEFT, RIGHT, ABOVE, BELOW = "on the left of", "on the right of", "above", "below"
_WORDS = {"on": ABOVE, "over": ABOVE, "beneath": BELOW, "under": BELOW} | {r: r for r in (LEFT, RIGHT, ABOVE, BELOW)}
BETWEEN = ("between", "among", "in the middle of")
LARGER, SMALLER = ("larger", "bigger"), ("smaller",)
PROMPTS, LEVELS = 1002, 3  # of the spatial file: blocks of two, three and four objects


def hrs_relations(a: Box, b: Box, variant: Variant = "published") -> set[str]:
    """Where `a` lies as seen from `b`, by edges: of `LEFT`, `RIGHT`, `ABOVE`, `BELOW`.

    "published": left is a left edge further left, right a right edge further right; above and below are either edge. A
    box that contains another is all four. "corrected": both edges must lie further, so it is none.

    >>> sorted(hrs_relations((0, 0, 90, 90), (30, 30, 60, 60)))
    ['above', 'below', 'on the left of', 'on the right of']
    >>> hrs_relations((0, 0, 90, 90), (30, 30, 60, 60), "corrected")
    set()
    """
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a, b
    if is_corrected(variant):
        held = {
            LEFT: ax0 < bx0 and ax1 < bx1,
            RIGHT: ax0 > bx0 and ax1 > bx1,
            ABOVE: ay0 < by0 and ay1 < by1,
            BELOW: ay0 > by0 and ay1 > by1,
        }
    else:
        held = {
            LEFT: ax0 < bx0,
            RIGHT: ax1 > bx1,
            ABOVE: ay0 < by0 or ay1 < by1,
            BELOW: ay0 > by0 or ay1 > by1,
        }
    return {relation for relation, holds in held.items() if holds}


def hrs_between(a: Box, b: Box, c: Box, variant: Variant = "published") -> bool:
    """Whether `a` is between `b` and `c`: along one axis, on one side of the one and the other side of the other.

    >>> hrs_between((40, 0, 60, 20), (0, 0, 20, 20), (80, 0, 100, 20))
    True
    """
    from_b, from_c = hrs_relations(a, b, variant), hrs_relations(a, c, variant)
    sides = ((RIGHT, LEFT), (LEFT, RIGHT), (BELOW, ABOVE), (ABOVE, BELOW))
    return any(one in from_b and other in from_c for one, other in sides)


def hrs_spatial(boxes: Sequence[Box | None], relations: Sequence[str], variant: Variant = "published") -> bool:
    """Whether an image shows what a spatial prompt asks.

    Two objects: 1 `relation` 2. Three: 1 relation 2 and 1 relation 3, or, with one relation, 1 between 2 and 3. Four:
    1 and 2 relation 3 and relation 4, or both between 3 and 4. As published, the prompts of four objects with two
    relations are checked against the fourth and a fifth object, which there is not.

    Raises:
        KeyError: as the published script does, when that fifth object is reached.
        ValueError: another number of objects or relations, or an unknown relation.
    """
    if len(boxes) not in (2, 3, 4) or len(relations) not in ((1,) if len(boxes) == 2 else (1, 2)):
        raise ValueError(f"HRS has no prompt of {len(boxes)} objects and {len(relations)} relations")
    relative = len(boxes) > 2 and len(relations) == 1
    if unknown := [word for word in relations if word not in (BETWEEN if relative else _WORDS)]:
        raise ValueError(f"unknown relation {unknown[0]!r} between {len(boxes)} objects")
    there = [box for box in boxes if box is not None]
    if len(there) < len(boxes):
        return False
    subjects, objects = there[: max(1, len(there) - 2)], list(range(max(1, len(there) - 2), len(there)))
    if relative:
        return all(hrs_between(box, there[-2], there[-1], variant) for box in subjects)
    if len(there) == 4 and not is_corrected(variant):
        objects = [3, 4]
    for word, index in zip(relations, objects, strict=True):
        if index >= len(there):
            raise KeyError(index)
        if not all(_WORDS[word] in hrs_relations(box, there[index], variant) for box in subjects):
            return False
    return True


def hrs_size(boxes: Sequence[Box | None], relations: Sequence[str]) -> bool:
    """Whether an image shows what a size prompt asks, by the areas of the boxes, in square pixels.

    Two objects: 1 is `relation` than 2. Three: than 2, and than 3. Four: than 2 and 3, and than 4.

    Raises:
        ValueError: another number of objects or relations, or an unknown relation.
    """
    if len(boxes) not in (2, 3, 4) or len(relations) != min(2, len(boxes) - 1):
        raise ValueError(f"HRS has no size prompt of {len(boxes)} objects and {len(relations)} relations")
    if unknown := [word for word in relations if word not in LARGER + SMALLER]:
        raise ValueError(f"unknown size relation {unknown[0]!r}")
    there = [area(box) for box in boxes if box is not None]
    if len(there) < len(boxes):
        return False
    words = [relations[0], *relations] if len(boxes) == 4 else relations
    return all(
        there[0] > other if word in LARGER else there[0] < other for word, other in zip(words, there[1:], strict=True)
    )


def hrs_image(level: int, place: int, prompts: int = PROMPTS, variant: Variant = "published") -> int:
    """Which image the prompt at `place` of difficulty `level` (both from 0) is scored on.

    As published the offset of a level is a third of *its own* prompts (111 of 334), so levels 1 and 2 are scored on
    images of easier prompts.

    >>> hrs_image(1, 0), hrs_image(1, 0, variant="corrected")
    (111, 334)
    """
    block = prompts // LEVELS
    return level * (block if is_corrected(variant) else block // LEVELS) + place


def hrs_score(levels: Sequence[Sequence[bool]]) -> float:
    """The mean, over difficulty levels, of the share of right images of each."""
    return fmean(fmean(level) for level in levels)
