"""The few sentences that ask for an edit: the Actor learns to write them, the editor to do what they say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlrig_eval.scene import Entity
from rlrig_eval.scene.phrases import describe, with_article
from rlrig_eval.shapes.vocabulary import COLOURS
from rlrig_eval.suite.structures import DIRECTIONS, MEASURES

Instruction = str
SIZES = ("bigger than", "smaller than")
SETTLING = (*SIZES, "inside")  # these say how large their subject is
OVERLAPS = ("inside", "in front of", "behind")
MOVES = (*DIRECTIONS, *MEASURES, *OVERLAPS)
MOST_CLAUSES = 2
_SIZING = {"small", "large", "bigger", "smaller"}
_SIDES = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Clause:
    """Where a thing shall be: a predicate and the name of another thing, of two others for between.

    >>> str(Clause("left of", ("blue square",))), str(Clause("between", ("blue square", "red star")))
    ('left of the blue square', 'between the blue square and the red star')
    """

    predicate: str
    things: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.predicate} the {' and the '.join(self.things)}"


def move(subject: str, clauses: Sequence[Clause]) -> Instruction:
    """
    >>> move("red circle", [Clause("left of", ("blue square",)), Clause("above", ("red star",))])
    'move the red circle left of the blue square and above the red star'
    >>> move("red circle", [Clause("bigger than", ("blue square",))])
    'make the red circle bigger than the blue square'
    """
    verb = "make" if clauses[0].predicate in SIZES else "move"
    return f"{verb} the {subject} {_joined(clauses)}"


def add(thing: str, clauses: Sequence[Clause] = ()) -> Instruction:
    """
    >>> add("red circle"), add("red circle", [Clause("left of", ("blue square",))])
    ('add a red circle', 'add a red circle left of the blue square')
    """
    return f"add {with_article(thing)} {_joined(clauses)}".rstrip()


def remove(thing: str) -> Instruction:
    return f"remove {with_article(thing)}"


def recolour(thing: str, colour: str) -> Instruction:
    return f"make the {thing} {colour}"


def replace(thing: str, other: str) -> Instruction:
    return f"turn the {thing} into {with_article(other)}"


def swap(thing: str, other: str) -> Instruction:
    return f"swap the {thing} and the {other}"


def name(entity: Entity) -> str:
    """How instructions call a thing: colour and shape, never the size."""
    return describe(entity.category, tuple(word for word in entity.attributes if word in COLOURS))


def mover(instruction: Instruction) -> str | None:
    """What is told to be in another place or of another size, as instructions call it.

    >>> mover("move the red ring left of the blue star"), mover("make the red ring bigger than the blue star")
    ('red ring', 'red ring')
    >>> mover("make the red ring small"), mover("make the red ring blue"), mover("remove a red ring")
    ('red ring', None, None)
    """
    words = instruction.split()
    return " ".join(words[2:4]) if words[0] == "move" or {*words[4:5]} & _SIZING else None


def mirrored(instruction: Instruction) -> Instruction:
    """
    >>> mirrored("move the red ring left of the blue star and right of the red cross")
    'move the red ring right of the blue star and left of the red cross'
    """
    return re.sub(r" (left|right) of ", lambda found: f" {_SIDES[found[1]]} of ", instruction)


def _joined(clauses: Sequence[Clause]) -> str:
    return " and ".join(map(str, clauses))
