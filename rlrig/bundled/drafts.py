"""The Diffuser's own failures with what they should have been: drawings noised far, and denoised by it with the prompt.

What it then draws is much like the drawing, with the Diffuser's faults in it (SDEdit, Meng et al. 2022). Checker and
Actor look at it as they do in the loop, so that the editor is told what it will be told there.
"""

from collections.abc import Iterator

import numpy as np
import torch
from diffusers import AutoencoderKL, FluxPipeline
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from torch import Tensor

from rlrig.bundled.drawn import Drawn
from rlrig.bundled.flow import TEXT_TOKENS, TextToVelocity, encode, tokenise
from rlrig.bundled.mends import OVERLAPPING, WEIGHTS, told
from rlrig.bundled.owners import owners
from rlrig.bundled.prompts import laid_out_prompt, mirrored_prompt
from rlrig.bundled.repainted import denoised, mixed
from rlrig.bundled.scenes import pixels
from rlrig.bundled.sentences import mirrored
from rlrig.bundled.tokens import tokenizer
from rlrig.reward import assess
from rlrig.roles import Actor, Checker
from rlrig_eval.shapes import CANVAS, render
from rlrig_eval.suite.wording import word

NOISE = (0.45, 0.92)  # sigmas: below them little goes wrong, above them nothing of the drawing is left
STEPS = 8
GUIDANCE = 2.5
THRESHOLD = 0.7  # P(yes) from which a requirement holds, as in the loop
ACCEPTED = 1 / 3  # share of those that are kept in which the Checker finds nothing wrong
_BATCH = 32


@torch.no_grad()
def drafts(
    painter: TextToVelocity, vae: AutoencoderKL, checker: Checker, actor: Actor, count: int, seed: int
) -> Iterator[Drawn]:
    """Of `count` pictures by the Diffuser those to be mended into the drawings that they began from, and mirror images.

    Their text is the prompt and the Actor's instruction, or the prompt alone where the Checker finds nothing wrong.
    """
    rng, noise, made = np.random.default_rng([seed, 2]), torch.Generator().manual_seed(seed), tokenizer(TEXT_TOKENS)
    for begun in range(0, count, _BATCH):
        cases = [laid_out_prompt(rng, WEIGHTS, OVERLAPPING) for _ in range(min(_BATCH, count - begun))]
        texts = [word(prompt, lambda options: int(rng.integers(options))) for prompt, _ in cases]
        targets = torch.stack([pixels(render(scene)) for _, scene in cases])
        clean = encode(vae, targets)
        sigma = NOISE[0] + (NOISE[1] - NOISE[0]) * torch.rand(len(clean), generator=noise)
        noised = mixed(clean, torch.randn(clean.shape, generator=noise), sigma)
        latents = denoised(painter, noised, sigma, tokenise(texts, made), STEPS, GUIDANCE)
        pictures = decoded(vae, latents)
        asked = [prompt.requirements() for prompt, _ in cases]
        views = [assess(*view, THRESHOLD) for view in zip(asked, checker.check(pictures, asked), strict=True)]
        wrong = [n for n, view in enumerate(views) if not view.satisfied]
        written = actor.write(
            [pictures[n] for n in wrong], [texts[n] for n in wrong], [views[n].surest(1) for n in wrong], wrong
        )
        instructions = dict(zip(wrong, written, strict=True))
        for n, ((prompt, scene), text, target, picture) in enumerate(zip(cases, texts, targets, pictures, strict=True)):
            said = instructions.get(n)
            if said is None and rng.random() > ACCEPTED:
                continue
            turned = word(mirrored_prompt(prompt), lambda options: int(rng.integers(options)))
            source, cells = pixels(picture), owners(scene)
            yield Drawn(
                texts=[told(text, said), told(turned, mirrored(said) if said else None)],
                pictures=torch.stack([target, target.flip(2)]),
                owners=torch.stack([cells, cells.flip(1)]),
                sources=torch.stack([source, source.flip(2)]),
            )


def decoded(vae: AutoencoderKL, latents: Tensor) -> list[Image.Image]:
    """The pictures of packed, normalised latents (B, 16, 64)."""
    grid = FluxPipeline._unpack_latents(
        latents / vae.config.scaling_factor + vae.config.shift_factor, CANVAS, CANVAS, vae_scale_factor=8
    )
    return VaeImageProcessor().postprocess(vae.decode(grid).sample, output_type="pil")
