"""Scene-graph IoU: how much of two graphs is the same, by triples, by entities, by relations.

"strict" is this project's measure, on instances. "laion" follows the script published with LAION-SG
(arXiv 2412.08580; mengcye/LAION-SG `test/test_iou.py`), on sets of strings, to stand beside published tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from rlrig_eval.metrics.laion import Triple, spell, wordings
from rlrig_eval.metrics.matching import by_category, by_category_and_attributes, members, most_triples, solve
from rlrig_eval.scene import Relation, SceneGraph
from rlrig_eval.scene.facts import facts

Mode = Literal["strict", "laion"]


class IoU(NamedTuple):
    """Three intersections over unions, each in [0, 1]: of triples, of entities, of relations."""

    sg: float
    entity: float
    relation: float


def scene_graph_iou(pred: SceneGraph, gold: SceneGraph, mode: Mode = "strict") -> IoU:
    """How far the graph read from a picture agrees with the graph that the prompt asks for.

    The world is closed: whatever `pred` holds beyond `gold` lowers the score. For a picture, of which every
    relation was read, call it on `focus(pred, gold)`.

    "strict": groups are expanded to instances, which are matched one to one by `match_instances`. `entity` is
    matched instances (equal category and attributes) over their union; `sg` is canonical triples between
    matched instances over the union of triples; `relation` is the same with attributes ignored and a matching
    of its own. A negated relation of `gold` is no triple, so a triple of `pred` that violates it only adds to
    the union. Nothing against nothing is 1; leaving prompts without relations out of a mean is the caller's.

    "laion": exact, case-sensitive sets of strings, in which duplicates collapse: categories, predicates,
    and triples of category, predicate, category; attributes do not exist. Each triple of `pred` is
    emitted in both directions (in every wording of one canonical form), then whatever is not in the
    prompt's own lists of categories and predicates is dropped. The lists hold a symmetric predicate in
    both directions, so a perfect reading of near(a, b) is one triple of two. Nothing against nothing is
    0.

    Raises:
        ValueError: an unknown `mode`.

    >>> gold = SceneGraph.from_triples([("red circle", "left of", "square"), ("star", "above", "square")])
    >>> pred = SceneGraph.from_triples([("square", "right of", "blue circle"), ("star", "above", "square")])
    >>> scene_graph_iou(pred, gold)
    IoU(sg=0.3333333333333333, entity=0.5, relation=1.0)
    >>> scene_graph_iou(pred, gold, mode="laion")
    IoU(sg=1.0, entity=1.0, relation=1.0)
    """
    if mode == "strict":
        return _strict(pred.expand(), gold.expand())
    if mode == "laion":
        return _laion(pred, gold)
    raise ValueError(f"unknown mode {mode!r}: it is 'strict' or 'laion'")


def _strict(pred: SceneGraph, gold: SceneGraph) -> IoU:
    facts_pred, facts_gold = facts(pred), facts(gold)
    exact = solve(members(pred, gold, by_category_and_attributes), facts_pred, facts_gold)
    # What is of one kind with its attributes is so without them, so the first matching is one of the second's.
    alike = most_triples(members(pred, gold, by_category), facts_pred, facts_gold, exact.triples)
    stated = len(facts_pred) + len(facts_gold)
    return IoU(
        sg=_shared_of(exact.triples, stated),
        entity=_shared_of(len(exact.pairs), len(pred.entities) + len(gold.entities)),
        relation=_shared_of(alike, stated),
    )


def _shared_of(shared: int, both: int) -> float:
    """`shared` over the union of two sets whose sizes add up to `both`; 1 when both are empty."""
    return shared / (both - shared) if both else 1.0


def _laion(pred: SceneGraph, gold: SceneGraph) -> IoU:
    called = {entity.id: entity.category for entity in pred.entities}
    asked = {entity.id: entity.category for entity in gold.entities}
    labels, objects = set(asked.values()), set(called.values())
    # A violated negation is part of what the prompt speaks of, so its predicate is on the list.
    predicates = {relation.predicate for relation in gold.relations}
    wanted = {spell(asked, relation) for relation in gold.relations if not relation.negated}
    emitted = {
        triple
        for relation in pred.relations
        if not relation.negated
        for triple in wordings(*spell(called, relation))
        if triple[1] in predicates and _within(called, relation, labels)
    }
    return IoU(
        sg=_set_iou(emitted, wanted),
        entity=_set_iou(objects & labels, labels),
        relation=_set_iou({p for _, p, _ in emitted}, {p for _, p, _ in wanted}),
    )


def _within(called: Mapping[str, str], relation: Relation, labels: set[str]) -> bool:
    return called[relation.subject] in labels and all(called[name] in labels for name in relation.objects)


def _set_iou(a: set[Triple] | set[str], b: set[Triple] | set[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 0.0
