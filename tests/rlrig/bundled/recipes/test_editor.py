"""What the editor is shown and told: edits and mends, each with its mirror image."""

import numpy as np
import torch

from rlrig.bundled.recipes.editor import _make
from rlrig.bundled.training.flow import EDIT_TOKENS, tokenise
from rlrig.bundled.training.tokens import tokenizer
from rlrig.instructions.sentences import mirrored
from rlrig_eval.scene import parse
from rlrig_eval.shapes import split

LESSONS = [_make(np.random.default_rng(seed)) for seed in range(60)]
VERBS = ("move", "add", "remove", "turn", "make", "swap")


def instruction(text: str) -> str | None:
    last = text.rsplit(", ", 1)[-1]
    return last if last.split()[0] in VERBS else None


def test_the_second_of_a_lesson_is_the_mirror_image_of_the_first() -> None:
    for one in LESSONS:
        assert one.sources is not None
        assert torch.equal(one.sources[1], one.sources[0].flip(2))
        assert torch.equal(one.pictures[1], one.pictures[0].flip(2))
        assert torch.equal(one.owners[1], one.owners[0].flip(1))
        first, second = map(instruction, one.texts)
        assert (first and mirrored(first)) == second


def test_what_is_told_fits_into_what_the_editor_reads() -> None:
    made = tokenizer(1000)
    texts = [text for one in LESSONS for text in one.texts]
    assert max(len(made(text).input_ids) for text in texts) <= EDIT_TOKENS
    assert 2 not in tokenise(texts, made, EDIT_TOKENS), "no <unk>"


def test_most_are_told_the_prompt_and_the_instruction_and_some_but_one_of_them() -> None:
    told = [one.texts[0] for one in LESSONS]
    alone = [text for text in told if text == instruction(text)]
    silent = [text for text in told if instruction(text) is None]
    assert alone
    assert silent
    assert len(alone) + len(silent) < 0.5 * len(told)


def test_every_prompt_is_of_the_train_bucket() -> None:
    for text in (one.texts[0] for one in LESSONS):
        said = instruction(text)
        prompt = text if said is None else text.removesuffix(said).removesuffix(", ")
        if prompt:
            graph = parse(prompt)
            assert not graph.relations or split(graph) == "train", text
