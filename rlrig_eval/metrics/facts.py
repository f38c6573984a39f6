"""The triples of a graph in the form that the matching compares: what they say, and who may trade places."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
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


def triples(graph: SceneGraph) -> frozenset[Relation]:
    """What a graph states: its relations in canonical form, each once, without the negated ones."""
    return frozenset(relation for relation in graph.canonical_relations() if not relation.negated)


def facts(graph: SceneGraph) -> list[Fact]:
    """The `triples` of a graph as facts, in the order of its relations."""
    return list(dict.fromkeys(_fact(relation) for relation in graph.relations if not relation.negated))


def _fact(relation: Relation) -> Fact:
    """The relation's canonical form, which `Relation.canonical` would need a copy of it for."""
    kind, object_ = VOCABULARY.get(relation.predicate), relation.object
    if isinstance(object_, tuple):
        first, second = object_ if kind is None else sorted(object_)
        return Fact((relation.predicate, relation.frame), (relation.subject,), (first, second))
    if kind is None:
        return Fact((relation.predicate, relation.frame), (relation.subject, object_), ())
    both = (object_, relation.subject) if kind.swap else (relation.subject, object_)
    label = (kind.canonical, relation.frame)
    return Fact(label, (), (min(both), max(both))) if kind.symmetric else Fact(label, both, ())


_MOST_MEMBERS = 3  # "between" has a subject and two objects


class Alike:
    """How many facts of two sides can be paired off when instances are known by their tokens alone.

    It is kept up to date as instances get other tokens, from 0 up, so that a change costs what the facts of one
    instance cost, and not those of both graphs.
    """

    def __init__(self, a: Sequence[Fact], b: Sequence[Fact], tokens: tuple[dict[str, int], dict[str, int]]) -> None:
        """`tokens` of either side by instance; `call` writes them."""
        self.shared = 0
        self._tokens = tokens
        self._base = 2 + max((*tokens[0].values(), *tokens[1].values()), default=0)
        forms: dict[Hashable, int] = {}
        self._counts: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._of: tuple[dict[str, list[_Known]], dict[str, list[_Known]]] = ({}, {})
        for side, facts_ in enumerate((a, b)):
            for fact in facts_:
                form = forms.setdefault((fact.label, len(fact.ordered), len(fact.loose)), len(forms))
                form *= self._base ** (_MOST_MEMBERS - len(fact.members))  # else a long fact is spelt as a short one
                known = _Known(form, fact.ordered, fact.loose)
                known.key = self._spelt(known, tokens[side])
                self._add(side, known.key)
                for name in dict.fromkeys(fact.members):
                    self._of[side].setdefault(name, []).append(known)

    def call(self, side: int, name: str, token: int) -> None:
        """Give the instance of a side (0 is a, 1 is b) another token, no greater than any that there was."""
        names = self._tokens[side]
        names[name] = token
        counts, others = self._counts[side], self._counts[1 - side]
        for known in self._of[side].get(name, ()):
            key, count = known.key, counts[known.key]
            counts[key] = count - 1
            if count <= others.get(key, 0):
                self.shared -= 1
            known.key = self._spelt(known, names)
            self._add(side, known.key)

    def _add(self, side: int, key: int) -> None:
        counts = self._counts[side]
        count = counts.get(key, 0)
        counts[key] = count + 1
        if count < self._counts[1 - side].get(key, 0):
            self.shared += 1

    def _spelt(self, known: _Known, tokens: Mapping[str, int]) -> int:
        """The fact with its instances known by their tokens alone, as one number."""
        key, base = known.form, self._base
        for name in known.ordered:
            key = key * base + tokens[name]
        if known.loose:
            first, second = (tokens[name] for name in known.loose)
            key = (key * base + min(first, second)) * base + max(first, second)
        return key


class _Known:
    """A fact, `form` for its label, and the number that it is spelt by."""

    __slots__ = ("form", "key", "loose", "ordered")

    def __init__(self, form: int, ordered: tuple[str, ...], loose: tuple[str, ...]) -> None:
        self.form, self.ordered, self.loose, self.key = form, ordered, loose, 0
