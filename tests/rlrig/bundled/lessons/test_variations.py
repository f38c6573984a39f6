"""Staged scenes and what is said of them instead: of their split, their pairings and the same world."""

import numpy as np

from rlrig.bundled.lessons.variations import stage, vary
from rlrig_eval.shapes import PAIRINGS, SEEN, split, unseen


def test_lessons_stay_in_their_split_and_pairings(staged):
    assert {split(each.prompt) for each in staged} == {"train"}
    assert not any(unseen(each.prompt) or unseen(each.scene) for each in staged)
    rng = np.random.default_rng(0)
    assert {split(stage(rng, PAIRINGS, "dev").prompt) for _ in range(5)} == {"dev"}


def test_a_variation_differs_and_is_a_graph_of_the_same_world(staged):
    rng = np.random.default_rng(0)
    for each in staged:
        changed = vary(rng, each.prompt, SEEN)
        assert changed != each.prompt
        assert not unseen(changed)
