"""The Diffuser's failures: what the editor is shown of them, and what it is told."""

from itertools import pairwise

import numpy as np
import torch

from rlrig.bundled.drafts import drafts
from rlrig.bundled.flow import TextToVelocity, load_vae
from rlrig.presets import Loop
from rlrig_eval import assets

SAID = "move the red ring left of the blue star"
TURNED = "move the red ring right of the blue star"


class Critic:
    """Content with every other picture."""

    def __init__(self) -> None:
        self.looked = 0

    def check(self, images, requirements):
        found = []
        for asked in requirements:
            found.append([0.9 if self.looked % 2 else 0.1] * len(asked))
            self.looked += 1
        return found


class Secretary:
    """Writes the same instruction of every picture; remembers of how many."""

    def __init__(self) -> None:
        self.asked = 0

    def write(self, images, prompts, failed, seeds=()):
        assert all(len(one) == 1 for one in failed), "told the surest failure alone, as in the loop"
        self.asked += len(images)
        return [SAID] * len(images)


LOOP = Loop(threshold=0.7, at_once=1, say="{prompt}, {instruction}")


def made(seed: int, count: int = 8):
    folder, critic, secretary = assets.checkpoint("diffuser"), Critic(), Secretary()
    painter, vae = TextToVelocity.from_checkpoint(folder).eval(), load_vae(folder / "vae", "cpu")
    return list(drafts(painter, vae, critic, secretary, LOOP, count, seed)), secretary.asked


def test_a_failure_is_told_by_prompt_and_instruction_and_its_mirror_image_by_theirs():
    found, asked = made(seed=0)
    assert len(found) == asked == 4, "what the Checker is content with is nothing to mend"
    for one in found:
        told, turned = one.texts
        assert told.endswith(f", {SAID}")
        assert turned.endswith(f", {TURNED}")


def test_a_draft_is_like_the_drawing_it_began_from_and_not_the_same():
    found, _ = made(seed=1)
    apart = [float((one.sources - one.pictures).abs().mean()) for one in found]
    others = [float((one.sources - two.pictures).abs().mean()) for one, two in pairwise(found)]
    assert min(apart) > 0
    assert np.mean(apart) < np.mean(others)
    assert torch.equal(found[0].sources[0].flip(2), found[0].sources[1])


def test_the_seed_decides_the_drafts():
    (first, _), (again, _), (other, _) = made(2, 2), made(2, 2), made(3, 2)  # of two, one is kept
    assert [one.texts for one in first] == [one.texts for one in again]
    assert torch.equal(first[0].sources, again[0].sources)
    assert [one.texts for one in first] != [one.texts for one in other]
