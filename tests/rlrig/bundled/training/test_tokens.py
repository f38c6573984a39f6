"""The word-level tokenizer: a relation phrase is one token, articles are none, every prompt of the suite fits."""

import pytest

from rlrig.bundled.training.flow import TEXT_TOKENS
from rlrig.bundled.training.tokens import tokenizer
from rlrig_eval import suite

MADE = tokenizer(TEXT_TOKENS)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a red circle left of a blue square", "red circle left-of blue square"),
        ("There is a red circle to the left of a blue square", "red circle to-the-left-of blue square"),
        ("two small black rings not next to an orange star", "two small black rings not next-to <unk> star"),
        (
            "a red ring above a blue star, and the blue star below a black cross",
            "red ring above blue star , blue star below black cross",
        ),
        ("a red ring between a blue star and a black cross", "red ring between blue star and black cross"),
    ],
)
def test_a_prompt_becomes_its_words(text: str, tokens: str) -> None:
    ids = MADE(text).input_ids
    assert MADE.convert_ids_to_tokens(ids) == [*tokens.split(), "</s>"]


def test_the_empty_prompt_is_the_end_token_alone() -> None:
    assert MADE("").input_ids == [MADE.eos_token_id]


@pytest.mark.parametrize("split", ["spatial", "spatial:dev"])
def test_every_prompt_of_the_suite_is_known_and_fits(split: str) -> None:
    rows = MADE([prompt.text for prompt in suite.load(split).prompts]).input_ids
    assert max(map(len, rows)) <= TEXT_TOKENS
    assert not any(MADE.unk_token_id in row for row in rows)


def test_it_survives_saving(tmp_path: object) -> None:
    from transformers import AutoTokenizer

    MADE.save_pretrained(tmp_path)
    text = "a red circle on the left side of a blue square, and the blue square near a green ring"
    assert AutoTokenizer.from_pretrained(tmp_path)(text).input_ids == MADE(text).input_ids
