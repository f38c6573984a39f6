"""What the Actor is taught."""

import numpy as np
import torch

from rlrig.backends.vlm import VLM
from rlrig.bundled.recipes import vlm
from rlrig.bundled.recipes.actor import Failures, _failures, write
from rlrig_eval.shapes import render


def test_the_actor_is_taught_one_sentence_of_the_editor_s(staged):
    rng, make = np.random.default_rng(0), Failures([(each, render(each.scene)) for each in staged])
    answers = [turn.answer for _ in range(20) for turn in make(rng).turns]
    assert {answer.split()[0] for answer in answers} <= {"add", "remove", "move", "make", "turn"}


def test_an_untrained_actor_is_asked_as_the_loop_would_ask_it() -> None:
    torch.manual_seed(0)
    processor = vlm.build_processor()
    written = write(VLM(vlm.build(processor).eval(), processor), list(_failures(2)))
    assert len(written) == 2
    assert all(isinstance(one, str) for one in written)
