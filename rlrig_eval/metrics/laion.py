"""The words of LAION mode: relations as the published script compares them, triples of strings without ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rlrig_eval.scene import VOCABULARY, Relation
from rlrig_eval.scene.relations import Kind

Triple = tuple[str, str, str]


def spell(called: Mapping[str, str], relation: Relation) -> Triple:
    """A relation as strings; the pair of a three-place predicate has no order, so it is sorted.

    `called` gives the category of each id.
    """
    object_ = relation.object
    if isinstance(object_, str):
        return called[relation.subject], relation.predicate, called[object_]
    return called[relation.subject], relation.predicate, " and ".join(sorted(called[name] for name in object_))


def wordings(subject: str, predicate: str, object_: str) -> Iterator[Triple]:
    """A triple in every wording that means the same.

    >>> sorted(wordings("a", "left of", "b"))
    [('a', 'left of', 'b'), ('b', 'right of', 'a')]
    """
    for other, turned in _SAME.get(predicate, ((predicate, False),)):
        yield (object_, other, subject) if turned else (subject, other, object_)


def _same(kind: Kind) -> tuple[tuple[str, bool], ...]:
    """The predicates of two places that say what `kind` does, and whether subject and object trade places in them."""
    if kind.places > 2:
        return ((kind.name, False),)
    alike = (other for other in VOCABULARY.values() if other.canonical == kind.canonical)
    symmetric = ((kind.name, True),) if kind.symmetric else ()
    return (*((other.name, other.swap != kind.swap) for other in alike), *symmetric)


_SAME: Mapping[str, tuple[tuple[str, bool], ...]] = {name: _same(kind) for name, kind in VOCABULARY.items()}
