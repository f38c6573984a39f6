"""The tokenizers of the VLMs know every word that is said to them."""

import numpy as np

from rlrig.bundled.lessons.questions import dictation


def test_a_dictation_is_answered_by_the_words_that_were_said(student):
    tokenizer, rng = student.processor.tokenizer, np.random.default_rng(0)
    for turn in (dictation(rng) for _ in range(20)):
        assert turn.prompt == f"keep: {turn.answer}."
        assert tokenizer.unk_token_id not in tokenizer(turn.prompt)["input_ids"]
