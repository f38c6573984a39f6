"""The Diffuser's own failures with what they should have been: drawings noised far, and denoised by it with the prompt.

What it then draws is much like the drawing, with the Diffuser's faults in it (SDEdit, Meng et al. 2022). Checker and
Actor look at it as they do in the loop, so that the editor is told what it will be told there.
"""

from collections.abc import Iterator

import numpy as np
import torch
from diffusers import AutoencoderKL

from rlrig.bundled.drawn import Drawn, both_ways
from rlrig.bundled.flow import TEXT_TOKENS, TextToVelocity, tokenise
from rlrig.bundled.mends import OVERLAPPING, WEIGHTS
from rlrig.bundled.owners import owners
from rlrig.bundled.prompts import laid_out_prompt, mirrored_prompt
from rlrig.bundled.repainted import redrawn
from rlrig.bundled.scenes import pixels
from rlrig.bundled.sentences import mirrored
from rlrig.bundled.tokens import tokenizer
from rlrig.presets import Loop
from rlrig.reward import assess
from rlrig.roles import Actor, Checker
from rlrig_eval.shapes import render
from rlrig_eval.suite.wording import at_random, word

NOISE = (0.45, 0.92)  # sigmas: below them little goes wrong, above them nothing of the drawing is left
STEPS = 8
GUIDANCE = 2.5  # as the preset `shapes` draws
_BATCH = 32


def drafts(
    painter: TextToVelocity, vae: AutoencoderKL, checker: Checker, actor: Actor, loop: Loop, count: int, seed: int
) -> Iterator[Drawn]:
    """Of `count` pictures by the Diffuser those that the Checker is not content with, and their mirror images.

    They are to be mended into the drawings that they began from; `loop` says what Actor and editor are told.
    """
    rng, noise, made = np.random.default_rng([seed, 2]), torch.Generator().manual_seed(seed), tokenizer(TEXT_TOKENS)
    for begun in range(0, count, _BATCH):
        cases = [laid_out_prompt(rng, WEIGHTS, OVERLAPPING) for _ in range(min(_BATCH, count - begun))]
        texts = [word(prompt, at_random(rng)) for prompt, _ in cases]
        targets = torch.stack([pixels(render(scene)) for _, scene in cases])
        pictures = redrawn(painter, vae, targets, tokenise(texts, made), NOISE, noise, STEPS, GUIDANCE)
        asked = [prompt.requirements() for prompt, _ in cases]
        views = [assess(*view, loop.threshold) for view in zip(asked, checker.check(pictures, asked), strict=True)]
        wrong = [n for n, view in enumerate(views) if not view.satisfied]
        written = actor.write(
            [pictures[n] for n in wrong],
            [texts[n] for n in wrong],
            [views[n].surest(loop.at_once) for n in wrong],
            wrong,
        )
        for n, instruction in zip(wrong, written, strict=True):
            prompt, scene = cases[n]
            turned = word(mirrored_prompt(prompt), at_random(rng))
            told = [loop.told(texts[n], instruction), loop.told(turned, mirrored(instruction))]
            yield both_ways(told, pixels(pictures[n]), targets[n], owners(scene))
