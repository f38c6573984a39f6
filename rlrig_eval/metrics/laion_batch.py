"""LAION-mode scene-graph IoU of many pairs at once.

Graphs are written down as numbers first, each by itself and once, however often it is compared: a suite's prompts
are the same for every model. What is left is arithmetic on arrays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from rlrig_eval.metrics.laion import Triple, spell, wordings
from rlrig_eval.scene import SceneGraph

Numbers = NDArray[np.int32]

_PIECE = 4096
"""Pairs compared at a time: it bounds the tables of what each prompt names, one row a pair."""


@dataclass
class Words:
    """Numbers for the words of all graphs that are compared with one another, given as they are met."""

    categories: dict[str, int] = field(default_factory=dict)
    predicates: dict[str, int] = field(default_factory=dict)
    triples: dict[Triple, int] = field(default_factory=dict)
    parts: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Of each triple: its predicate, its subject, its object twice or, of "between", both of them."""

    def triple(self, spelt: Triple, members: tuple[str, str, str]) -> int:
        """The number of a triple whose `members` are the categories of subject and objects."""
        known = self.triples.setdefault(spelt, len(self.triples))
        if known == len(self.parts):
            subject, first, second = (number(self.categories, word) for word in members)
            self.parts.append((number(self.predicates, spelt[1]), subject, first, second))
        return known


def number(words: dict[str, int], word: str) -> int:
    return words.setdefault(word, len(words))


@dataclass(frozen=True)
class Sets:
    """One set of numbers a graph: those of graph k are `members[ends[k]:ends[k + 1]]`, rising, each once."""

    members: Numbers
    ends: Numbers

    @classmethod
    def of(cls, sets: Iterable[Iterable[int]]) -> Sets:
        ordered = [sorted(set(one)) for one in sets]
        ends = np.cumsum([0, *map(len, ordered)], dtype=np.int32)
        return cls(np.fromiter((n for one in ordered for n in one), np.int32, int(ends[-1])), ends)

    def __getitem__(self, piece: slice) -> Sets:
        ends = self.ends[piece.start : piece.stop + 1]
        return Sets(self.members[ends[0] : ends[-1]], ends - ends[0])

    @property
    def sizes(self) -> Numbers:
        return np.diff(self.ends)

    @property
    def rows(self) -> Numbers:
        """The graph that each member belongs to."""
        return np.repeat(np.arange(len(self.ends) - 1, dtype=np.int32), self.sizes)

    def table(self, width: int) -> NDArray[np.bool_]:
        """(graphs, width): which numbers each graph holds."""
        found = np.zeros((len(self.ends) - 1, width), dtype=np.bool_)
        found[self.rows, self.members] = True
        return found

    def matrix(self, width: int) -> csr_array:
        """The same, sparse."""
        shape = (len(self.ends) - 1, width)
        made = csr_array((np.ones(len(self.members), np.int8), self.members, self.ends), shape=shape)
        made.has_canonical_format = True  # so that products of two walk along both
        return made


@dataclass(frozen=True)
class Prompts:
    """What prompts name (categories, predicates) and what they state (triples, and the predicates of those)."""

    words: Words
    categories: Sets
    predicates: Sets
    triples: Sets
    stated: Sets


@dataclass(frozen=True)
class Pictures:
    """What was read from pictures: categories, and triples in every wording."""

    words: Words
    categories: Sets
    triples: Sets


def laion_prompts(graphs: Iterable[SceneGraph], words: Words) -> Prompts:
    """The graphs that prompts ask for, in numbers of `words`, to which it adds."""
    categories, predicates, triples, stated = (list[list[int]]() for _ in range(4))
    for graph in graphs:
        called = {entity.id: entity.category for entity in graph.entities}
        categories.append([number(words.categories, word) for word in called.values()])
        predicates.append([number(words.predicates, relation.predicate) for relation in graph.relations])
        wanted = [relation for relation in graph.relations if not relation.negated]
        triples.append([words.triple(spell(called, r), _members(called, r.subject, r.objects)) for r in wanted])
        stated.append([words.predicates[relation.predicate] for relation in wanted])
    return Prompts(words, *map(Sets.of, (categories, predicates, triples, stated)))


def laion_pictures(graphs: Iterable[SceneGraph], words: Words) -> Pictures:
    """The graphs that were read from pictures, in numbers of `words`, to which it adds."""
    categories, triples = list[list[int]](), list[list[int]]()
    for graph in graphs:
        called = {entity.id: entity.category for entity in graph.entities}
        categories.append([number(words.categories, word) for word in called.values()])
        triples.append(
            [
                words.triple(other, _members(called, relation.subject, relation.objects))
                for relation in graph.relations
                if not relation.negated
                for other in wordings(*spell(called, relation))
            ]
        )
    return Pictures(words, Sets.of(categories), Sets.of(triples))


def _members(called: dict[str, str], subject: str, objects: tuple[str, ...]) -> tuple[str, str, str]:
    return called[subject], called[objects[0]], called[objects[-1]]


def laion_iou(pictures: Pictures, prompts: Prompts) -> NDArray[np.float64]:
    """(N, 3): `scene_graph_iou(picture, prompt, "laion")` of picture k and prompt k, as sg, entity, relation.

    Raises:
        ValueError: not as many pictures as prompts, or numbers of different `Words`.

    >>> read = SceneGraph.from_triples([("square", "right of", "circle")])
    >>> asked = SceneGraph.from_triples([("circle", "left of", "square"), ("star", "above", "square")])
    >>> words = Words()
    >>> laion_iou(laion_pictures([read], words), laion_prompts([asked], words)).round(2).tolist()
    [[0.5, 0.67, 0.5]]
    """
    count = len(prompts.triples.sizes)
    if pictures.words is not prompts.words or len(pictures.triples.sizes) != count:
        raise ValueError("pictures and prompts must be as many as each other, and numbered by the same words")
    pieces = [slice(start, min(start + _PIECE, count)) for start in range(0, count, _PIECE)]
    return np.concatenate([np.empty((0, 3)), *(_piece(pictures, prompts, piece) for piece in pieces)])


def _piece(pictures: Pictures, prompts: Prompts, piece: slice) -> NDArray[np.float64]:
    words = prompts.words
    wanted, emitted, seen = prompts.triples[piece], pictures.triples[piece], pictures.categories[piece]
    labels = prompts.categories[piece].table(len(words.categories))
    named = prompts.predicates[piece].table(len(words.predicates))
    asked = prompts.stated[piece].table(len(words.predicates))
    parts = np.array(words.parts, dtype=np.int32).reshape(-1, 4).take(emitted.members, axis=0)
    rows, predicate = emitted.rows, parts[:, 0]
    kept = _holds(named, rows, predicate)
    for place in (1, 2, 3):
        kept &= _holds(labels, rows, parts[:, place])
    said = np.zeros_like(named)
    left = kept.nonzero()[0]
    said.reshape(-1)[_flat(named, rows.take(left), predicate.take(left))] = True
    # A prompt's own triples are of its own words, so what was dropped shares nothing with them.
    width = len(words.triples)
    shared = emitted.matrix(width).multiply(wanted.matrix(width)).sum(axis=1)
    count = len(labels)
    return np.stack(
        [
            _over(shared, np.bincount(rows, kept, count) + wanted.sizes - shared),
            _over(np.bincount(seen.rows, _holds(labels, seen.rows, seen.members), count), labels.sum(1)),
            _over((said & asked).sum(1), (said | asked).sum(1)),
        ],
        axis=1,
    )


def _holds(table: NDArray[np.bool_], rows: Numbers, columns: Numbers) -> NDArray[np.bool_]:
    """`table[rows, columns]`, in a quarter of its time."""
    return table.reshape(-1).take(_flat(table, rows, columns))


def _flat(table: NDArray[np.bool_], rows: Numbers, columns: Numbers) -> NDArray[np.intp]:
    place: NDArray[np.intp] = rows.astype(np.intp) * table.shape[1] + columns
    return place


def _over(shared: NDArray[np.integer | np.floating], union: NDArray[np.integer | np.floating]) -> NDArray[np.float64]:
    """Nothing against nothing is 0."""
    found = np.zeros(len(union))
    np.divide(shared, union, out=found, where=union > 0)
    return found
