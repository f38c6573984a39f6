"""The peers give the very scores that they are timed against."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.iou import RELATIONS, graphs, run
from benchmarks.peers import by_program, exhaustive, published
from rlrig_eval.metrics import scene_graph_iou

seeds = st.integers(0, 2**32 - 1)
shapes = st.sampled_from([("circle",), ("circle", "star"), ("circle", "square", "star")])


@settings(deadline=None, max_examples=12)  # 5,040 assignments each, tried one by one
@given(seeds, st.integers(6, 7), shapes)
def test_trying_every_assignment_gives_strict_iou(seed: int, things: int, kinds: tuple[str, ...]) -> None:
    pred, gold = graphs(np.random.default_rng(seed), things, kinds)
    assert exhaustive(pred, gold) == by_program(pred, gold) == scene_graph_iou(pred, gold)


@settings(deadline=None, max_examples=50)
@given(seeds, shapes)
def test_the_published_procedure_gives_laion_iou(seed: int, kinds: tuple[str, ...]) -> None:
    pred, gold = graphs(np.random.default_rng(seed), 10, kinds)
    assert published(pred, gold) == scene_graph_iou(pred, gold, "laion")


def test_the_graphs_are_of_the_size_that_the_table_states_and_differ() -> None:
    pred, gold = graphs(np.random.default_rng(0), 10, ("circle", "star"))
    assert (len(gold.entities), len(gold.relations)) == (10, RELATIONS) == (len(pred.entities), len(pred.relations))
    score = scene_graph_iou(pred, gold)
    assert 0 < score.sg < score.entity < 1


def test_a_peer_that_scores_otherwise_stops_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.iou.published", exhaustive)
    with pytest.raises(AssertionError, match="LAION IoU"):
        run(pairs=1, rounds=1, batch=1)
