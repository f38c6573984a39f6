"""What the Actor is taught."""

import numpy as np

from rlrig.bundled.recipes.actor import Failures
from rlrig_eval.shapes import render


def test_the_actor_is_taught_one_sentence_of_the_editor_s(staged):
    rng, make = np.random.default_rng(0), Failures([(each, render(each.scene)) for each in staged])
    answers = [turn.answer for _ in range(20) for turn in make(rng).turns]
    assert {answer.split()[0] for answer in answers} <= {"add", "remove", "move", "make", "turn"}
