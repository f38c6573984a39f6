"""The triples of a graph in the form that the matching compares: what they say, and who may trade places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from rlrig_eval.scene import VOCABULARY, Relation, SceneGraph


@dataclass(frozen=True, slots=True)
class Fact:
    """A canonical triple by entity id. `loose` places may be swapped: near(a, b) is near(b, a)."""

    label: tuple[str, str]
    ordered: tuple[str, ...]
    loose: tuple[str, ...]

    @property
    def members(self) -> tuple[str, ...]:
        return self.ordered + self.loose

    def seen(self, tokens: Mapping[str, int]) -> tuple[Hashable, ...]:
        """The fact with its instances known by their tokens alone."""
        return self.label, *(tokens[i] for i in self.ordered), *sorted(tokens[i] for i in self.loose)


def triples(graph: SceneGraph) -> frozenset[Relation]:
    """What a graph states: its relations in canonical form, each once, without the negated ones."""
    return frozenset(relation for relation in graph.canonical_relations() if not relation.negated)


def facts(graph: SceneGraph) -> list[Fact]:
    """The `triples` of a graph as facts, in no particular order."""
    return [_fact(relation) for relation in triples(graph)]


def _fact(relation: Relation) -> Fact:
    label = (relation.predicate, relation.frame)
    if isinstance(relation.object, tuple):
        return Fact(label, (relation.subject,), relation.object)
    both = (relation.subject, relation.object)
    kind = VOCABULARY.get(relation.predicate)
    return Fact(label, (), both) if kind is not None and kind.symmetric else Fact(label, both, ())


def alike(a: Iterable[Fact], b: Iterable[Fact], tokens_a: Mapping[str, int], tokens_b: Mapping[str, int]) -> int:
    """How many facts of the two sides can be paired off when instances are known by their tokens alone."""
    left: dict[tuple[Hashable, ...], int] = {}
    for fact in a:
        key = fact.seen(tokens_a)
        left[key] = left.get(key, 0) + 1
    paired = 0
    for fact in b:
        key = fact.seen(tokens_b)
        if left.get(key, 0) > 0:
            left[key] -= 1
            paired += 1
    return paired
