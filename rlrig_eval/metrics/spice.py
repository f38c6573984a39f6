"""SPICE and SGScore: how much of a graph's tuples, or of its parts, a picture's description has.

SPICE: arXiv 1607.08822, as zhuang-li/FactualSceneGraph `evaluation/spice_evaluation.py` computes it without WordNet
(`merge_tuples_synonyms=False, synonym_match=False`). SGScore: Scene-Bench, arXiv 2411.15435.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import NamedTuple

from rlrig_eval.metrics.variant import Variant, is_corrected
from rlrig_eval.scene import VOCABULARY, Relation, SceneGraph

Tuple = tuple[str, ...]


class Spice(NamedTuple):
    """Shares in [0, 1]: of the candidate's tuples that are shared, of the reference's, and their harmonic mean."""

    precision: float
    recall: float
    f1: float


def spice_tuples(
    graph: SceneGraph, variant: Variant = "published", same: Callable[[str], str] = str
) -> frozenset[Tuple]:
    """A graph's tuples: (object), (object, attribute), (subject, predicate, object), each once.

    Words are known by `same`, which may give all synonyms one name. A negated relation is no tuple. The pair of a
    three-place predicate has no order. "corrected" compares facts, not wordings: relations in canonical form, the ends
    of a symmetric one sorted.
    """
    words = {entity.id: same(entity.category) for entity in graph.entities}
    objects = {(word,) for word in words.values()}
    attributes = {(words[entity.id], same(word)) for entity in graph.entities for word in entity.attributes}
    stated = [relation for relation in graph.relations if not relation.negated]
    if is_corrected(variant):
        stated = [relation.canonical() for relation in stated]
    triples = {_triple(relation, words, same, is_corrected(variant)) for relation in stated}
    return frozenset(objects | attributes | triples)


def _triple(relation: Relation, words: dict[str, str], same: Callable[[str], str], unordered: bool) -> Tuple:
    subject, objects = words[relation.subject], " and ".join(sorted(words[name] for name in relation.objects))
    kind = VOCABULARY.get(relation.predicate)
    if unordered and kind is not None and kind.symmetric:
        subject, objects = sorted((subject, objects))
    return subject, same(relation.predicate), objects


def spice(
    candidate: SceneGraph, reference: SceneGraph, variant: Variant = "published", same: Callable[[str], str] = str
) -> Spice:
    """SPICE by exact matches. Nothing against anything is 0, as published.

    >>> gold = SceneGraph.from_triples([("red circle", "left of", "square")])
    >>> read = SceneGraph.from_triples([("square", "right of", "blue circle")])
    >>> spice(read, gold).f1, spice(read, gold, "corrected").f1
    (0.5, 0.75)
    """
    ours, theirs = spice_tuples(candidate, variant, same), spice_tuples(reference, variant, same)
    shared = len(ours & theirs)
    return Spice(
        precision=shared / len(ours) if ours else 0.0,
        recall=shared / len(theirs) if theirs else 0.0,
        f1=2 * shared / (len(ours) + len(theirs)) if shared else 0.0,
    )


def sg_score(objects: Sequence[bool], relations: Sequence[bool], alpha: float) -> float:
    """SGScore in [0, 1]: alpha × object recall + (1 - alpha) × relation recall.

    Each node and edge of the prompt's graph was asked of a judge. The paper's alpha is not known, so there is no
    default. Recall only: what is invented costs nothing. A graph without edges (or nodes) scores the other recall
    alone, which the paper leaves open.

    Raises:
        ValueError: an empty graph, or an alpha outside [0, 1].

    >>> sg_score([True, True, False, True], [True, False], alpha=0.5)
    0.625
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha lies in [0, 1], not {alpha}")
    if not objects and not relations:
        raise ValueError("SGScore of an empty graph")
    if not objects or not relations:
        return fmean(objects or relations)
    return alpha * fmean(objects) + (1 - alpha) * fmean(relations)


def sg_complexity(objects: int, relations: int, gamma: float) -> float:
    """Scene-Bench's complexity of a graph: gamma × objects + (1 - gamma) × relations; the paper's gamma is unknown."""
    return gamma * objects + (1 - gamma) * relations
