"""Scene-graph IoU as anyone would write it first: what `metrics` is held against, in score and in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, permutations, product

from rlrig_eval.metrics import IoU, by_category, by_category_and_attributes
from rlrig_eval.metrics.integer_program import integer_program
from rlrig_eval.metrics.matching import Kind, members
from rlrig_eval.scene import Relation, SceneGraph, opposite
from rlrig_eval.scene.facts import facts

Fact = tuple[str, str, str]
"""Subject, predicate, object: ids or words. The peers know two-place relations only."""


def exhaustive(pred: SceneGraph, gold: SceneGraph) -> IoU:
    """Strict IoU by trying every assignment of the instances of each kind."""

    def shared(kind: Kind) -> int:
        wanted = set(_facts(gold))
        return max(
            len(wanted & {(names.get(s, ""), p, names.get(o, "")) for s, p, o in _facts(pred)})
            for names in _assignments(pred, gold, kind)
        )

    return _strict(pred, gold, shared(by_category_and_attributes), shared(by_category))


def by_program(pred: SceneGraph, gold: SceneGraph) -> IoU:
    """Strict IoU by an integer program alone, without the branch and bound that `metrics` tries first."""

    def shared(kind: Kind) -> int:
        return integer_program(members(pred, gold, kind), facts(pred), facts(gold))[1]

    return _strict(pred, gold, shared(by_category_and_attributes), shared(by_category))


def published(pred: SceneGraph, gold: SceneGraph) -> IoU:
    """LAION mode: set IoU of triples, objects and predicates as strings (mengcye/LAION-SG `test/test_iou.py`).

    The reader states every triple in both directions and is held to the prompt's own lists.
    """
    objects = {entity.category for entity in gold.entities}
    wanted = {_spelled(gold, relation) for relation in gold.relations}
    predicates = {predicate for _, predicate, _ in wanted}
    stated = chain.from_iterable(_both_ways(_spelled(pred, relation)) for relation in pred.relations)
    found = {(s, p, o) for s, p, o in stated if p in predicates and {s, o} <= objects}
    return IoU(
        sg=_set_iou(found, wanted),
        entity=_set_iou({entity.category for entity in pred.entities} & objects, objects),
        relation=_set_iou({p for _, p, _ in found}, predicates),
    )


def _facts(graph: SceneGraph) -> list[Fact]:
    return [(r.subject, r.predicate, str(r.object)) for r in graph.canonical_relations()]


def _assignments(pred: SceneGraph, gold: SceneGraph, kind: Kind) -> Iterator[Mapping[str, str]]:
    """Every way to use up the scarcer side of every kind, as id in `pred` -> id in `gold`."""

    def ways(ours: list[str], theirs: list[str]) -> Iterator[tuple[tuple[str, str], ...]]:
        if len(ours) <= len(theirs):
            return (tuple(zip(ours, chosen, strict=True)) for chosen in permutations(theirs, len(ours)))
        return (tuple(zip(chosen, theirs, strict=True)) for chosen in permutations(ours, len(theirs)))

    for choice in product(*(ways(*both) for both in members(pred, gold, kind))):
        yield dict(chain.from_iterable(choice))


def _strict(pred: SceneGraph, gold: SceneGraph, exact: int, alike: int) -> IoU:
    kinds = members(pred, gold, by_category_and_attributes)
    entities = sum(min(len(ours), len(theirs)) for ours, theirs in kinds)
    stated = len(set(_facts(pred))) + len(set(_facts(gold)))
    things = len(pred.entities) + len(gold.entities)
    return IoU(exact / (stated - exact), entities / (things - entities), alike / (stated - alike))


def _spelled(graph: SceneGraph, relation: Relation) -> Fact:
    subject, object_ = graph.entity(relation.subject), graph.entity(str(relation.object))
    return subject.category, relation.predicate, object_.category


def _both_ways(fact: Fact) -> tuple[Fact, Fact]:
    subject, predicate, object_ = fact
    return fact, (object_, opposite(predicate), subject)


def _set_iou(a: set[Fact] | set[str], b: set[Fact] | set[str]) -> float:
    return len(a & b) / len(a | b)
