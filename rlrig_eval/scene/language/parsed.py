"""What reading a text gives."""

from dataclasses import dataclass

from rlrig_eval.scene.graph import SceneGraph
from rlrig_eval.scene.requirements import Reference


@dataclass(frozen=True)
class Unparsed:
    """Words that were not understood, at characters `start` up to `end` of the text, and why."""

    start: int
    end: int
    text: str
    why: str


@dataclass(frozen=True)
class Parsed:
    """A text as read: what it asks for, what it asks not to be there, and what of it was not understood.

    A graph has no way to say that a thing is absent, so "no dog" stands in `absent`. Unless `unparsed` is empty the
    graph is a part of what the text says, and a thing of which only the number is unclear counts as two.
    """

    graph: SceneGraph
    absent: tuple[Reference, ...] = ()
    unparsed: tuple[Unparsed, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.unparsed
