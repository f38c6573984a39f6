"""P(yes) is read off the first answer token, among the spellings of yes and no alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoProcessor

from rlrig_eval.checkpoints import open_model
from rlrig_eval.errors import UsageError
from rlrig_eval.yes_no import answer_ids, yes_share


@pytest.fixture(scope="module")
def words():
    return open_model(AutoProcessor, "bundled:vlm").tokenizer


def test_p_yes_is_the_softmax_over_yes_and_no_alone(words):
    yes, no = answer_ids(words)
    logits = torch.full((1, len(words)), 50.0)
    logits[0, yes], logits[0, no] = 1.0, 0.0
    assert float(yes_share(logits, yes, no)) == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-6)


def test_yes_and_no_must_be_different_tokens(words):
    class Mumbling:
        name_or_path = "mumble"

        def __call__(self, text, add_special_tokens):
            return words("zebra", add_special_tokens=add_special_tokens)

    with pytest.raises(UsageError, match="mumble"):
        answer_ids(Mumbling())
