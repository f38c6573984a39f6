"""The control of the Actor: grammatical, of its seed and the prompt alone."""

import re

import numpy as np
import pytest

from rlrig.backends.random_actor import RandomActor, instruction
from rlrig.grpo.rewards import VERBS
from rlrig.grpo.rollout import instructions
from rlrig.presets import Loop
from rlrig_eval.scene import parse
from rlrig_eval.shapes.vocabulary import COLOURS
from tests.rlrig.grpo.made import start

PROMPTS = ("a red circle left of a blue square", "two green stars", "a small black ring inside a large yellow square")


def written(prompt: str, count: int = 60) -> list[str]:
    return [instruction(prompt, np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_it_is_an_edit_of_the_things_of_the_prompt(prompt: str) -> None:
    things = {(e.category, *(w for w in e.attributes if w in COLOURS)) for e in parse(prompt).entities}
    for text in written(prompt):
        assert text.split()[0] in VERBS
        named = re.findall(rf"\b({'|'.join(COLOURS)}) (\w+)", text)
        assert named
        assert {(shape, colour) for colour, shape in named} <= things


def test_every_kind_of_edit_comes_up() -> None:
    assert {text.split()[0] for text in written(PROMPTS[0])} >= {"add", "remove", "make", "move", "swap"}


def test_neither_picture_nor_failure_changes_it_and_the_seed_does() -> None:
    actor, failed = RandomActor(), parse(PROMPTS[0]).requirements()
    seeds = list(range(20))
    one = actor.write([None] * 20, [PROMPTS[0]] * 20, [()] * 20, seeds)
    assert one == actor.write([None] * 20, [PROMPTS[0]] * 20, [failed] * 20, seeds)
    assert len(set(one)) > 5


def test_training_can_ask_it_too_and_siblings_of_one_picture_get_one_instruction() -> None:
    one, other = (start(colour=colour, prompt=PROMPTS[0]) for colour in ("white", "black"))
    asked = [instructions(RandomActor(), [one, one, other], Loop(), seed) for seed in range(20)]
    assert all(first == second for first, second, _ in asked)
    assert any(first != third for first, _, third in asked)
    assert asked[0] == instructions(RandomActor(), [one, one, other], Loop(), 0)


def test_a_prompt_that_names_nothing_still_gets_a_line() -> None:
    assert instruction("", np.random.default_rng(0)) == "change the picture"
