"""Pictures as the Diffuser paints them: drawings noised a little, and denoised by it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from torch import Tensor

from rlrig.bundled.lessons.curriculum import posed, shown
from rlrig.bundled.lessons.pixels import pixels
from rlrig.bundled.lessons.variations import Staged
from rlrig.bundled.training.flow import TEXT_TOKENS, TextToVelocity, decode, empty_prompt, encode, load_vae, tokenise
from rlrig.bundled.training.tokens import tokenizer
from rlrig_eval.shapes import NEAT, PLAIN, Style
from rlrig_eval.suite.structures import Pairing
from rlrig_eval.suite.wording import word

NOISE = 0.25  # highest sigma: from there on the Diffuser draws things anew
BLEMISH = 0.2  # largest noise left, in latent standard deviations
STEPS = 4
COUNT = 3072
_BATCH = 64


@torch.no_grad()
def painted_by(
    drawer: Path,
    pairings: Sequence[Pairing],
    seed: int,
    styles: Sequence[Style] = (PLAIN,),
    device: str = "cpu",
    count: int = COUNT,
) -> list[tuple[Staged, Image.Image]]:
    """Scenes and their pictures by the FluxPipeline in `drawer`, as the seed decides (SDEdit, Meng et al. 2022).

    It is told what the picture shows, so that it does not turn one thing into another; and nothing where something is
    broken, so that it does not make that whole.
    """
    model, vae = TextToVelocity.from_checkpoint(drawer).to(device).eval(), load_vae(drawer / "vae", device)
    rng, noise = np.random.default_rng([seed, 1]), torch.Generator().manual_seed(seed)
    made = tokenizer(TEXT_TOKENS)
    scenes: list[Staged] = []
    pictures: list[Image.Image] = []
    for start in range(0, count, _BATCH):
        posing = [posed(rng, pairings, 0.5, NEAT) for _ in range(min(_BATCH, count - start))]
        drawn = [shown(rng, one, pairings, styles[int(rng.integers(len(styles)))]) for one in posing]
        whole = [one.scene == before.scene for (one, _), before in zip(drawn, posing, strict=True)]
        tokens = tokenise(
            [word(one.staged) if sound else "" for (one, _), sound in zip(drawn, whole, strict=True)], made
        )
        pictures += redrawn(model, vae, torch.stack([pixels(picture) for _, picture in drawn]), tokens, noise)
        scenes += [one for one, _ in drawn]
    return list(zip(scenes, pictures, strict=True))


@torch.no_grad()
def worn(model: TextToVelocity, vae: AutoencoderKL, drawn: Tensor) -> Tensor:
    """Drawings (B, 3, 64, 64) in [-1, 1], half of them redrawn by `model` without words, all of them a little noisy.

    What it redraws it spoils here and there, as what it draws: an editor that has seen that hands on whole things.
    """
    clean = encode(vae, drawn)
    chosen = torch.randperm(len(clean), device=clean.device) < (len(clean) + 1) // 2
    sigma = NOISE * torch.rand(int(chosen.sum()), device=clean.device)
    silent = empty_prompt(torch.zeros(len(sigma), TEXT_TOKENS, dtype=torch.long, device=clean.device))
    noised = mixed(clean[chosen], torch.randn_like(clean[chosen]), sigma)
    again = clean.index_put((chosen,), denoised(model, noised, sigma, silent, steps=2))
    blemished = again + BLEMISH * torch.rand(len(clean), 1, 1, device=clean.device) * torch.randn_like(clean)
    return decode(vae, blemished).clamp(-1, 1)


@torch.no_grad()
def redrawn(
    model: TextToVelocity, vae: AutoencoderKL, drawn: Tensor, tokens: Tensor, noise: torch.Generator
) -> list[Image.Image]:
    """Pictures (B, 3, 64, 64) in [-1, 1], each noised to a sigma of at most NOISE and denoised by `model`."""
    clean = encode(vae, drawn)
    sigma = (NOISE * torch.rand(len(clean), generator=noise)).to(clean.device)
    noised = mixed(clean, torch.randn(clean.shape, generator=noise).to(clean.device), sigma)
    latents = denoised(model, noised, sigma, tokens.to(clean.device))
    return list(VaeImageProcessor().postprocess(decode(vae, latents), output_type="pil"))


def mixed(clean: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """(B, N, C) latents at noise level `sigma` (B,) in [0, 1]."""
    return torch.lerp(clean, noise, sigma[:, None, None])


@torch.no_grad()
def denoised(model: TextToVelocity, latents: Tensor, sigma: Tensor, tokens: Tensor, steps: int = STEPS) -> Tensor:
    """The latents (B, N, C) at `sigma` (B,) after `steps` Euler steps to 0."""
    for left in range(steps, 0, -1):
        velocity = model(latents, sigma * left / steps, tokens)
        latents = latents - (sigma / steps)[:, None, None] * velocity.float()
    return latents
