"""What is drawn over a picture: the boxes that the extractor read, the relations that the prompt asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from rlrig_eval.scene import Box, Entity, Requirement, SceneGraph
from rlrig_eval.scene.phrases import describe

_MOST_LINKS = 6  # of one requirement: two groups of three would make nine lines that nobody can tell apart
_BEND = 0.08  # of the side: keeps two relations of the same pair apart
_LINE = 0.05  # of the side: the height of a line of lettering
_LETTER = 0.62  # of a line's height: the width of a letter, generously

Size = tuple[float, float]


@dataclass(frozen=True)
class Label:
    """Words that begin at a point, on a base line."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Frame:
    """A box in the overlay's units; `asked` is False for a thing that no phrase of the prompt picks out."""

    x: float
    y: float
    width: float
    height: float
    label: Label
    asked: bool


@dataclass(frozen=True)
class Link:
    """A stated relation as a curve from the subject to the object; of a group's curves one is labelled."""

    path: str
    label: Label | None
    right: bool
    requirement: str


@dataclass(frozen=True)
class Overlay:
    """Everything over one picture, in a viewBox of `width` by `height`; `lettering` is its font size."""

    width: float
    height: float
    frames: tuple[Frame, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def lettering(self) -> float:
        return _LINE * max(self.width, self.height)


def overlay(
    read: SceneGraph,
    requirements: Sequence[Requirement],
    satisfied: Mapping[str, bool],
    size: tuple[float, float],
) -> Overlay:
    """Boxes and links of one picture.

    Args:
        read: what the extractor saw; entities without a box are left out.
        requirements: of the prompt; a link joins every two entities that its relation's phrases pick out, so
            there is none where one of the two was not seen.
        satisfied: by requirement id; an absent one counts as not satisfied.
        size: (width, height) of the frame that the boxes are in.
    """
    seen = [entity for entity in read.entities if entity.box is not None]
    asked = {e.id for r in requirements for ref in r.references for e in seen if ref.matches(e)}
    relations = [
        (requirement, pair, first == 0)
        for requirement in requirements
        if requirement.kind == "relation"
        for first, pair in enumerate(islice(_pairs(requirement, seen), _MOST_LINKS))
    ]
    return Overlay(
        *size,
        frames=tuple(_frame(entity, entity.id in asked, size) for entity in seen),
        links=tuple(
            _link(pair, requirement, satisfied.get(requirement.id, False), number, size, labelled)
            for number, (requirement, pair, labelled) in enumerate(relations)
        ),
    )


def _pairs(requirement: Requirement, seen: Sequence[Entity]) -> list[tuple[Box, Box]]:
    subject, *objects = ([e for e in seen if ref.matches(e)] for ref in requirement.references)
    joined = {
        (one.id, other.id): (one.box, other.box)
        for picked in objects
        for one, other in product(subject, picked)
        if one.id != other.id and one.box is not None and other.box is not None
    }
    return list(joined.values())


def _frame(entity: Entity, asked: bool, size: Size) -> Frame:
    x0, y0, x1, y1 = entity.box or (0.0, 0.0, 0.0, 0.0)
    words = describe(entity.category, entity.attributes)
    label = _label(words, (x0 + x1) / 2, y1 + _LINE * max(size), 0.5, size)
    return Frame(x0, y0, x1 - x0, y1 - y0, label, asked)


def _link(
    pair: tuple[Box, Box], requirement: Requirement, right: bool, number: int, size: Size, labelled: bool
) -> Link:
    """`number` counts the links of a picture: neighbours bend to different sides."""
    start, end = pair
    (x0, y0), (x1, y1) = _centre(start), _centre(end)
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
    side = -1 if number % 2 else 1
    normal = -side * (y1 - y0) / length, side * (x1 - x0) / length
    bend = _BEND * max(size) * (1 + number // 2)
    turn = (x0 + x1) / 2 + bend * normal[0], (y0 + y1) / 2 + bend * normal[1]
    (sx, sy), (ex, ey) = _rim(start, turn), _rim(end, turn)
    words = f"{'✓' if right else '✗'} {'not ' if requirement.negated else ''}{requirement.predicate}"
    # Beside the outer flank of the curve, reaching away from it: words across a line cannot be read.
    line = _LINE * max(size)
    x = (sx + ex) / 4 + turn[0] / 2 + line * 0.6 * normal[0]
    y = (sy + ey) / 4 + turn[1] / 2 + line * (0.8 * normal[1] + 0.35)
    label = _label(words, x, y, (1 - normal[0]) / 2, size) if labelled else None
    path = f"M{sx:.1f} {sy:.1f}Q{turn[0]:.1f} {turn[1]:.1f} {ex:.1f} {ey:.1f}"
    return Link(path, label, right, requirement.id)


def _label(text: str, x: float, y: float, before: float, size: Size) -> Label:
    """Words of which the share `before` stands left of x, moved as little as keeps them in the picture."""
    line = _LINE * max(size)
    length = _LETTER * line * len(text)
    left = max(0.0, min(x - before * length, size[0] - length))
    return Label(text, round(left, 1), round(max(line, min(y, size[1] - line / 3)), 1))


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _rim(box: Box, towards: tuple[float, float]) -> tuple[float, float]:
    """Where the line from the centre of `box` leaves it; the centre itself when `towards` lies inside."""
    x, y = _centre(box)
    dx, dy = towards[0] - x, towards[1] - y
    reach = min(
        (box[2] - box[0]) / 2 / abs(dx) if dx else float("inf"),
        (box[3] - box[1]) / 2 / abs(dy) if dy else float("inf"),
    )
    return (x + dx * reach, y + dy * reach) if reach < 1 else (x, y)
