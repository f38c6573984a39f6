"""What a picture is worth against its prompt: the graph scorer, on pictures whose content is known."""

from __future__ import annotations

import pytest

from rlrig_eval.runs.scorers import GRAPH_METRICS, graph_scores
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.shapes import layout, truth
from rlrig_eval.suite import Prompt
from tests.runs import tiny

SUITE = tiny.suite()


def asked(graph: SceneGraph) -> Prompt:
    return Prompt(id="p", text="x", graph=graph, group="g")


def seen(graph: SceneGraph, seed: int = 0) -> SceneGraph:
    """All that holds in a drawing of `graph`."""
    import numpy as np

    return truth(layout(graph, np.random.default_rng(seed)))


def scores(read: SceneGraph, gold: SceneGraph) -> dict[str, float | None]:
    return dict(graph_scores(read, asked(gold), SUITE).values)


STRICT = ("all_correct", "requirements", "sg_iou", "entity_iou", "relation_iou")


@pytest.mark.parametrize("predicate", ["left of", "right of", "above", "below", "bigger than", "near", "far from"])
@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_picture_of_the_prompt_scores_one_whatever_else_is_in_it(predicate: str, negated: bool, seed: int) -> None:
    gold = tiny.graph(predicate)
    relation = gold.relations[0].model_copy(update={"negated": negated})
    gold = SceneGraph(entities=gold.entities, relations=(relation,))
    found = scores(seen(gold, seed), gold)
    assert {name: found[name] for name in STRICT} == dict.fromkeys(STRICT, 1.0)


def test_what_the_prompt_denies_costs_the_relation_and_the_triple() -> None:
    stated = tiny.graph("left of")
    denied = stated.relations[0].model_copy(update={"negated": True})
    found = scores(seen(stated), SceneGraph(entities=stated.entities, relations=(denied,)))
    assert (found["all_correct"], found["sg_iou"], found["relation_iou"], found["entity_iou"]) == (0, 0, 0, 1)


def test_the_opposite_relation_keeps_the_entities() -> None:
    found = scores(seen(tiny.graph("right of")), tiny.graph("left of"))
    assert (found["all_correct"], found["sg_iou"], found["entity_iou"]) == (0.0, 0.0, 1.0)
    assert found["requirements"] == pytest.approx(6 / 7)  # two of each: exists, count, colour; the relation is lost


def test_a_prompt_without_relations_has_nothing_to_say_on_them() -> None:
    gold = SceneGraph(entities=(Entity(id="a", category="circle", attributes=("red",)),))
    found = scores(seen(gold), gold)
    assert (found["sg_iou"], found["relation_iou"], found["entity_iou"]) == (None, None, 1.0)


def test_an_empty_picture_is_worth_nothing() -> None:
    found = scores(SceneGraph(), tiny.graph("left of"))
    assert {found[name] for name in STRICT} == {0.0}


def test_evidence_names_every_requirement_and_what_was_read() -> None:
    read = seen(tiny.graph("right of"))
    evidence = graph_scores(read, asked(tiny.graph("left of")), SUITE).evidence
    assert SceneGraph.model_validate(evidence["graph"]) == read
    failed = [one for one in evidence["requirements"] if not one["satisfied"]]
    assert failed == [
        {
            "id": "relation:0",
            "kind": "relation",
            "statement": "the circle is left of the square",
            "satisfied": False,
        }
    ]


def test_the_values_are_the_promised_metrics() -> None:
    assert tuple(scores(SceneGraph(), tiny.graph("near"))) == GRAPH_METRICS


def test_a_denial_of_between_is_kept_apart_from_other_relations() -> None:
    a, b, c = (
        Entity(id=n, category=k, attributes=("red",)) for n, k in zip("abc", ("star", "ring", "cross"), strict=True)
    )
    between = Relation(subject="a", predicate="between", object=("b", "c"), negated=True)
    gold = SceneGraph(entities=(a, b, c), relations=(between,))
    row = SceneGraph(entities=(a, b, c), relations=(between.model_copy(update={"negated": False}),))
    assert scores(seen(gold), gold)["sg_iou"] == 1.0
    assert scores(seen(row), gold)["sg_iou"] == 0.0


def test_a_prompt_that_nobody_could_read_is_worth_nothing_not_even_one() -> None:
    found = scores(seen(tiny.graph("left of")), SceneGraph())
    assert found == dict.fromkeys(GRAPH_METRICS)


def test_a_prompt_may_count_otherwise_than_its_suite() -> None:
    one, two = (SceneGraph(entities=(Entity(id="a", category="circle", count=n),)) for n in (1, 2))
    asked_one = asked(one).model_copy(update={"counting": "exact"})
    loose = SUITE.model_copy(update={"counting": "at_least"})
    assert graph_scores(two.expand(), asked(one), loose).values["all_correct"] == 1
    assert graph_scores(two.expand(), asked_one, loose).values["all_correct"] == 0
