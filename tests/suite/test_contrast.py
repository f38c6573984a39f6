"""Twins contradict, restatements agree: for any prompt graph, and on any picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rlrig_eval.scene import SceneGraph, check, equivalent
from rlrig_eval.shapes import PAIRINGS, sample
from rlrig_eval.suite.contrast import restated, twins
from rlrig_eval.suite.structures import STRUCTURES, compose


@st.composite
def prompt_graphs(draw: st.DrawFn) -> SceneGraph:
    structure = draw(st.sampled_from([name for name in STRUCTURES if name not in ("single", "several", "together")]))
    return compose(np.random.default_rng(draw(st.integers(0, 2**32))), structure, PAIRINGS)


def holds(graph: SceneGraph, picture: SceneGraph) -> bool:
    return all(check(graph.requirements(), picture).values())


@given(prompt_graphs())
def test_the_twin_of_a_twin_is_the_graph(graph: SceneGraph) -> None:
    for twin in twins(graph):
        negated = any(relation.negated for relation in graph.relations)
        back = twins(twin)
        assert not equivalent(twin, graph)
        assert negated or any(equivalent(graph, other) for other in back)


@given(prompt_graphs())
def test_a_restatement_is_the_same_graph_told_otherwise(graph: SceneGraph) -> None:
    assert restated(graph).relations != graph.relations
    assert equivalent(restated(graph), graph)
    assert restated(restated(graph)) == graph


@settings(max_examples=60, deadline=None)  # a sampled scene takes some ms
@given(st.integers(0, 2**32), st.data())
def test_no_picture_satisfies_a_prompt_and_its_twin(seed: int, data: st.DataObject) -> None:
    picture = sample(np.random.default_rng(seed), entities=3, pairings=PAIRINGS[:3])
    graph = compose(
        np.random.default_rng(seed + 1),
        data.draw(st.sampled_from(["ordering", "chain", "triangle", "between"])),
        PAIRINGS[:3],
    )
    for twin in twins(graph):
        assert not (holds(graph, picture) and holds(twin, picture))
    assert holds(graph, picture) == holds(restated(graph), picture)
