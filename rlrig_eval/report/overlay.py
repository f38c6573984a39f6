"""What is drawn over a picture: the boxes that the extractor read, and the relations that the prompt asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from rlrig_eval.scene import Box, Entity, Requirement, SceneGraph
from rlrig_eval.scene.phrases import describe

_MOST_LINKS = 6  # of one requirement: two groups of three would make nine lines that nobody can tell apart
_BEND = 0.08  # of the side: keeps two relations of the same pair apart


@dataclass(frozen=True)
class Frame:
    """A box in the overlay's units; `asked` is False for a thing that no phrase of the prompt picks out."""

    x: float
    y: float
    width: float
    height: float
    label: str
    asked: bool


@dataclass(frozen=True)
class Link:
    """A stated relation as a curve from the subject to the object, its label half way."""

    path: str
    x: float
    y: float
    label: str
    right: bool
    requirement: str


@dataclass(frozen=True)
class Overlay:
    """Everything over one picture; `side` is the longer side of the viewBox, for sizes that must scale with it."""

    width: float
    height: float
    frames: tuple[Frame, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def side(self) -> float:
        return max(self.width, self.height)


def overlay(
    read: SceneGraph,
    requirements: Sequence[Requirement],
    satisfied: Mapping[str, bool],
    size: tuple[float, float],
) -> Overlay:
    """Boxes and links of one picture.

    Args:
        read: what the extractor saw; entities without a box are left out.
        requirements: of the prompt; a link joins every two entities that its relation's phrases pick out, so there
            is none where one of the two was not seen.
        satisfied: by requirement id; an absent one counts as not satisfied.
        size: (width, height) of the frame that the boxes are in.
    """
    seen = [entity for entity in read.entities if entity.box is not None]
    asked = {e.id for r in requirements for ref in r.references for e in seen if ref.matches(e)}
    links: list[Link] = []
    for requirement in requirements:
        if requirement.kind == "relation":
            for subject, object_ in islice(_pairs(requirement, seen), _MOST_LINKS):
                links.append(
                    _link(
                        subject, object_, requirement, satisfied.get(requirement.id, False), links, max(size)
                    )
                )
    return Overlay(*size, tuple(_frame(entity, entity.id in asked) for entity in seen), tuple(links))


def _pairs(requirement: Requirement, seen: Sequence[Entity]) -> "list[tuple[Box, Box]]":
    subject, *objects = ([e for e in seen if ref.matches(e)] for ref in requirement.references)
    joined = {
        (one.id, other.id): (one.box, other.box)
        for picked in objects
        for one, other in product(subject, picked)
        if one.id != other.id and one.box is not None and other.box is not None
    }
    return list(joined.values())


def _frame(entity: Entity, asked: bool) -> Frame:
    x0, y0, x1, y1 = entity.box or (0.0, 0.0, 0.0, 0.0)
    return Frame(x0, y0, x1 - x0, y1 - y0, describe(entity.category, entity.attributes), asked)


def _link(
    start: Box, end: Box, requirement: Requirement, right: bool, others: Sequence[Link], side: float
) -> Link:
    (x0, y0), (x1, y1) = _centre(start), _centre(end)
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    crowd = sum(abs(link.x - middle[0]) + abs(link.y - middle[1]) < side / 4 for link in others)
    bend = _BEND * side * (1 + crowd) * (-1 if crowd % 2 else 1)
    cx, cy = middle[0] - bend * (y1 - y0) / length, middle[1] + bend * (x1 - x0) / length
    return Link(
        path=f"M{x0:.1f} {y0:.1f}Q{cx:.1f} {cy:.1f} {x1:.1f} {y1:.1f}",
        x=round((middle[0] + cx) / 2, 1),
        y=round((middle[1] + cy) / 2, 1),
        label=f"{'not ' if requirement.negated else ''}{requirement.predicate}",
        right=right,
        requirement=requirement.id,
    )


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
