"""A prompt shares its bucket with everything that is nearly the same prompt."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from rlrig_eval.scene import SceneGraph, opposite
from rlrig_eval.shapes import PAIRINGS, SEEN, split, unseen
from tests.shapes.scenes import said

PROMPTS = [
    said(("a", "left of", "b"), a="red circle", b="blue square"),
    said(("a", "near", "b"), ("b", "above", "c"), a="red circle", b="blue square", c="2 green ring"),
    said(("a", "inside", "b"), a="small yellow star", b="black circle"),
    said(("a", "between", "b and c"), a="purple cross", b="blue square", c="green star"),
]


def twin(graph: SceneGraph) -> SceneGraph:
    mirrored = (r.model_copy(update={"predicate": opposite(r.predicate)}) for r in graph.relations)
    return graph.model_copy(update={"relations": tuple(mirrored)})


def paraphrase(graph: SceneGraph) -> SceneGraph:
    """The same facts told in canonical form, in another order, of things under other names."""
    new = {entity.id: f"x{number}" for number, entity in enumerate(reversed(graph.entities))}
    entities = (entity.model_copy(update={"id": new[entity.id]}) for entity in reversed(graph.entities))
    relations = []
    for relation in reversed([r.canonical() for r in graph.relations]):
        names = tuple(new[name] for name in relation.objects)
        moved = {"subject": new[relation.subject], "object": names[0] if len(names) == 1 else names}
        relations.append(relation.model_copy(update=moved))
    return SceneGraph(entities=tuple(entities), relations=tuple(relations))


@pytest.mark.parametrize("graph", PROMPTS)
def test_twins_share_a_bucket(graph: SceneGraph) -> None:
    assert split(twin(graph)) == split(graph)


@pytest.mark.parametrize("graph", PROMPTS)
def test_paraphrases_share_a_bucket(graph: SceneGraph) -> None:
    assert split(paraphrase(graph)) == split(graph)


def test_buckets_hold_eighty_ten_and_ten_percent() -> None:
    rng = np.random.default_rng(0)
    predicates = ("left of", "above", "near", "inside", "bigger than")
    prompts = [
        said(("a", predicate, "b"), a=f"{here[0]} {here[1]}", b=f"{there[0]} {there[1]}")
        for predicate in predicates
        for here, there in rng.choice(PAIRINGS, size=(200, 2))
    ]
    buckets = Counter(map(split, prompts))
    # Four standard deviations of a binomial over 1,000 draws.
    assert buckets["train"] == pytest.approx(800, abs=50)
    assert buckets["dev"] == pytest.approx(100, abs=38)
    assert buckets["test"] == pytest.approx(100, abs=38)


def test_unseen_is_a_matter_of_pairings() -> None:
    held_out = set(PAIRINGS) - set(SEEN)
    for colour, shape in PAIRINGS:
        graph = said(a=f"small {colour} {shape}", b="black circle")
        assert unseen(graph) == ((colour, shape) in held_out)


def test_every_colour_and_every_shape_is_seen_in_training() -> None:
    assert {colour for colour, _ in SEEN} == {colour for colour, _ in PAIRINGS}
    assert {shape for _, shape in SEEN} == {shape for _, shape in PAIRINGS}
