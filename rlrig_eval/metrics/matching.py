"""Which instance of one graph is which of another: exact, most shared triples first, then most entities.

Two instances may match when they are of one kind (`Kind`: category and attributes, or category alone).
Being of one kind is an equivalence, so every matching extends to one that uses up the scarcer side of each
kind, and the extension can only add triples: the solvers look at those alone, and the second objective
comes for free.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from rlrig_eval.metrics.branch_and_bound import Members, branch_and_bound
from rlrig_eval.metrics.integer_program import integer_program
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.scene.facts import Fact, facts

Kind = Callable[[Entity], Hashable]


@dataclass(frozen=True, slots=True)
class Matching:
    """`pairs` are (id in a, id in b), each id at most once; they share `triples` canonical triples."""

    pairs: tuple[tuple[str, str], ...]
    triples: int


def by_category_and_attributes(entity: Entity) -> Hashable:
    """The strict kind: equal category and equal set of attributes."""
    return entity.category, frozenset(entity.attributes)


def by_category(entity: Entity) -> Hashable:
    """The kind that ignores attributes."""
    return entity.category


def match_instances(a: SceneGraph, b: SceneGraph, kind: Kind = by_category_and_attributes) -> Matching:
    """The matching of two expanded graphs that shares the most triples, and among those the most entities.

    Triples are compared in canonical form: symmetric predicates and the pair of "between" have no order, and
    neither direction, wording nor repetition counts. Always exact: what branch and bound does not settle in
    a fraction of a second (many instances of one kind on both sides) is handed to an integer program.

    >>> a = SceneGraph.from_triples([("circle", "left of", "square"), ("square", "above", "star")])
    >>> b = SceneGraph.from_triples([("square", "right of", "circle"), ("star", "above", "square")])
    >>> match_instances(a, b)
    Matching(pairs=(('e0', 'e1'), ('e1', 'e0'), ('e2', 'e2')), triples=1)
    """
    return solve(members(a, b, kind), facts(a), facts(b))


def members(a: SceneGraph, b: SceneGraph, kind: Kind) -> list[Members]:
    """For every kind of instance that either graph has, the ids of both sides."""
    found: dict[Hashable, Members] = {}
    for side, graph in enumerate((a, b)):
        for entity in graph.entities:
            found.setdefault(kind(entity), ([], []))[side].append(entity.id)
    return list(found.values())


def solve(kinds: Sequence[Members], a: Sequence[Fact], b: Sequence[Fact]) -> Matching:
    """The best matching of instances listed by kind that take part in the facts `a` and `b`."""
    pairs, shared = branch_and_bound(kinds, a, b) or integer_program(kinds, a, b)
    return Matching(tuple(pairs), shared)


def most_triples(kinds: Sequence[Members], a: Sequence[Fact], b: Sequence[Fact], known: int) -> int:
    """The triples that the best matching shares, of which `known` are shared by a matching that is at hand."""
    _, shared = branch_and_bound(kinds, a, b, known=known) or integer_program(kinds, a, b)
    return shared
