"""Pictures as the Diffuser paints them: drawings through its autoencoder, their latents disturbed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

from rlrig.bundled.scenes import pixels
from rlrig.bundled.variations import Staged, stage
from rlrig_eval.shapes import PLAIN, Style, render
from rlrig_eval.suite.structures import Pairing

NOISE = 0.4  # most noise on a latent, in standard deviations of the latents
COUNT = 1536
_BATCH = 64


@torch.no_grad()
def painted_by(
    vae_path: Path,
    pairings: Sequence[Pairing],
    seed: int,
    styles: Sequence[Style] = (PLAIN,),
    device: str = "cpu",
    count: int = COUNT,
) -> list[tuple[Staged, Image.Image]]:
    """Scenes and their pictures by the autoencoder in `vae_path`, as the seed decides."""
    vae = AutoencoderKL.from_pretrained(vae_path, torch_dtype=torch.float32).to(device).eval()
    rng = np.random.default_rng([seed, 1])
    noise = torch.Generator().manual_seed(seed)
    scenes = [stage(rng, pairings) for _ in range(count)]
    pictures: list[Image.Image] = []
    for start in range(0, count, _BATCH):
        drawn = [
            pixels(render(staged.scene, style=styles[int(rng.integers(len(styles)))]))
            for staged in scenes[start : start + _BATCH]
        ]
        latents = vae.encode(torch.stack(drawn).to(device)).latent_dist.mode()
        strength = NOISE * torch.rand(len(latents), 1, 1, 1, generator=noise) / vae.config.scaling_factor
        latents = latents + (strength * torch.randn(latents.shape, generator=noise)).to(device)
        pictures += VaeImageProcessor().postprocess(vae.decode(latents).sample, output_type="pil")
    return list(zip(scenes, pictures, strict=True))
