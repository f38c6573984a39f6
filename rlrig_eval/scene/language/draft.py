"""The scene while its text is being read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rlrig_eval.scene.graph import Entity, Relation, SceneGraph
from rlrig_eval.scene.requirements import Reference

Frame = Literal["viewer", "object"]


@dataclass(eq=False)
class Thing:
    """An entity that may still gain attributes; `sentence` and `clause` say where it came in."""

    id: str
    category: str
    attributes: list[str]
    count: int
    sentence: int
    clause: int

    def describe(self, words: Iterable[str]) -> None:
        self.attributes += [word for word in words if word not in self.attributes]


@dataclass
class Draft:
    """The things and relations met so far."""

    things: list[Thing] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    absent: list[Reference] = field(default_factory=list)
    sentence: int = 0
    clause: int = 0

    def add(self, category: str, attributes: Sequence[str], count: int) -> Thing:
        words = list(dict.fromkeys(attributes))
        thing = Thing(f"e{len(self.things)}", category, words, count, self.sentence, self.clause)
        self.things.append(thing)
        return thing

    def relate(
        self, subject: Thing, predicate: str, objects: Sequence[Thing], negated: bool = False, frame: Frame = "viewer"
    ) -> None:
        """
        Raises:
            ValueError: the relation needs other things than these.
        """
        names = tuple(thing.id for thing in objects)
        if len(names) == 2 and names[0] == names[1] and objects[0].count < 2:
            raise ValueError(f"{predicate!r} needs two objects")
        object_ = (names[0], names[1]) if len(names) == 2 else names[0]
        self.relations.append(
            Relation(subject=subject.id, predicate=predicate, object=object_, negated=negated, frame=frame)
        )

    def graph(self) -> SceneGraph:
        entities = (
            Entity(id=thing.id, category=thing.category, attributes=tuple(thing.attributes), count=thing.count)
            for thing in self.things
        )
        return SceneGraph(entities=tuple(entities), relations=tuple(self.relations))
