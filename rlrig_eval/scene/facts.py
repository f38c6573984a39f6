"""The relations of a graph in the form in which two graphs are compared: what they say, and who may trade places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rlrig_eval.scene.graph import Relation, SceneGraph
from rlrig_eval.scene.relations import VOCABULARY


class Topic(NamedTuple):
    """What a fact is about: who takes part, the axis (a non-spatial predicate is its own axis), and whose own sides it
    is told by, if not by the viewer's: what stands on a dog's own left may be anywhere to the viewer."""

    members: tuple[str, ...]
    axis: str
    sides: tuple[str, ...]


class Fact(NamedTuple):
    """A canonical triple by entity id. `loose` places may be swapped: near(a, b) is near(b, a)."""

    label: tuple[str, str]
    ordered: tuple[str, ...]
    loose: tuple[str, ...]

    @property
    def members(self) -> tuple[str, ...]:
        return self.ordered + self.loose

    @property
    def topic(self) -> Topic:
        predicate, frame = self.label
        kind = VOCABULARY.get(predicate)
        sides = tuple(sorted(self.members[1:])) if frame == "object" else ()
        return Topic(tuple(sorted(self.members)), kind.axis if kind is not None else predicate, sides)

    def renamed(self, names: Mapping[str, str]) -> Fact:
        """The same of other things; KeyError for one that has no other name."""
        ordered = tuple(names[name] for name in self.ordered)
        return Fact(self.label, ordered, tuple(sorted(names[name] for name in self.loose)))


def triples(graph: SceneGraph) -> frozenset[Relation]:
    """What a graph states: its relations in canonical form, each once, without the negated ones."""
    return frozenset(relation for relation in graph.canonical_relations() if not relation.negated)


def facts(graph: SceneGraph, negated: bool = False) -> list[Fact]:
    """The `triples` of a graph as facts, in the order of its relations; or, where `negated`, what it denies."""
    return list(dict.fromkeys(fact(relation) for relation in graph.relations if relation.negated == negated))


def fact(relation: Relation) -> Fact:
    """A relation as a fact, whether it is stated or denied."""
    predicate, subject, object_ = relation.stated()
    label = (predicate, relation.frame)
    if isinstance(object_, tuple):
        return Fact(label, (subject,), object_)
    both = (subject, object_)
    return Fact(label, (), both) if relation.mutual else Fact(label, both, ())
