"""Many pairs at once score as they do one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlrig_eval.metrics import Words, laion_iou, laion_pictures, laion_prompts, scene_graph_iou
from rlrig_eval.metrics import laion_batch as batch
from rlrig_eval.scene import SceneGraph
from tests.metrics.scenes import graphs, scene

pairs = st.lists(st.tuples(graphs(negated=True), graphs(negated=True)), max_size=6)


def at_once(both: list[tuple[SceneGraph, SceneGraph]]) -> list[list[float]]:
    words = Words()
    prompts = laion_prompts([gold for _, gold in both], words)
    return laion_iou(laion_pictures([pred for pred, _ in both], words), prompts).tolist()


@settings(deadline=None)
@given(pairs)
def test_a_batch_scores_as_its_pairs_do(both: list[tuple[SceneGraph, SceneGraph]]) -> None:
    # Both divide the same whole numbers, so the quotients are equal to the last bit.
    assert at_once(both) == [list(scene_graph_iou(pred, gold, "laion")) for pred, gold in both]


def test_a_prompt_that_is_numbered_once_serves_many_models_and_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "_PIECE", 2)
    ends = "a: dog, b: cat, c: bird"
    golds = [scene(ends, "a left of b"), scene(ends, "c between a b"), scene(ends, "a not near b")]
    words = Words()
    prompts = laion_prompts(golds, words)
    for read in (("b right of a",), ("c between b a", "a left of b"), ("fish: fish",)):
        pred = scene(ends, *read) if ":" not in read[0] else scene(read[0])
        found = laion_iou(laion_pictures([pred] * 3, words), prompts)
        np.testing.assert_array_equal(found, [scene_graph_iou(pred, gold, "laion") for gold in golds])


def test_nothing_at_all_is_no_rows() -> None:
    assert at_once([]) == []


def test_numbers_of_other_words_are_refused() -> None:
    graph = scene("a: dog")
    with pytest.raises(ValueError, match="numbered by the same words"):
        laion_iou(laion_pictures([graph], Words()), laion_prompts([graph], Words()))
