"""The bundled autoencoder: 64 x 64 pixels to 8 channels at a quarter of the side."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional as F

from rlrig.bundled.lessons.pixels import pixels
from rlrig.bundled.training.crew import rank, share
from rlrig.bundled.training.fit import Budget, fit, optimisers
from rlrig.bundled.training.flow import cell, load_vae
from rlrig.precision import half_precision
from rlrig_eval.errors import UsageError
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import SEEN, draw, render, sample
from rlrig_eval.shapes.vocabulary import LARGE, SMALL

KL_WEIGHT = 1e-3  # per latent dimension; the noise it leaves makes the decoder forgive an imprecise latent
BATCH = 4  # steps, not pictures, are what an autoencoder this small is short of
POOL = 4000  # drawings; each is seen in its eight flips and quarter turns
DISTURBED = 0.25  # most noise, in standard deviations of the latents, that a decoder trained on learns to forgive
WIDTHS = (16, 32, 96)
STRIDE = 4  # pixels a side of a latent cell: small, so that most hold one colour


def build() -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(WIDTHS),
        up_block_types=("UpDecoderBlock2D",) * len(WIDTHS),
        block_out_channels=WIDTHS,
        layers_per_block=1,
        latent_channels=8,
        norm_num_groups=8,
        sample_size=64,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def _picture(rng: Generator) -> Tensor:
    return pixels(draw(sample(rng, entities=int(rng.choice([1, 2, 3, 4], p=[0.1, 0.2, 0.3, 0.4])), pairings=SEEN)))


def _crowd(rng: Generator) -> Tensor:
    """Things on top of each other all over the canvas: most of a legal scene is empty ground, which teaches little."""
    entities = []
    for number in range(10):
        extent = float(rng.choice((*SMALL, *LARGE)))
        x, y = rng.uniform(-4, 68 - extent, size=2)
        colour, shape = SEEN[int(rng.integers(len(SEEN)))]
        box = (x, y, x + extent, y + extent)
        entities.append(Entity(id=str(number), category=shape, attributes=(colour,), box=box))
    return pixels(render(SceneGraph(entities=tuple(entities))))


def batches(seed: int) -> Iterator[Tensor]:
    """(BATCH, 3, 64, 64) pictures in [-1, 1]: drawing costs as much as training here, so a pool is reused, turned."""
    rng = np.random.default_rng([1, seed, rank()])
    pool = torch.stack([_crowd(rng) if number % 3 == 0 else _picture(rng) for number in range(POOL)])
    while True:
        batch = pool[torch.from_numpy(rng.integers(POOL, size=share(BATCH)))]
        batch = torch.rot90(batch, int(rng.integers(4)), dims=(2, 3))
        yield batch.flip(3) if rng.random() < 0.5 else batch


def train(budget: Budget, out: Path, start: Path | None = None) -> dict[str, Any]:
    """Train and save to `out`; the scale and shift that make latents zero-mean and unit-variance are measured last.

    From the autoencoder in `start` the decoder alone is trained on, on latents as disturbed as a Diffuser's: a
    Diffuser of its latents stays what it is.
    """
    torch.manual_seed(0)
    model = build() if start is None else load_vae(start, budget.device)
    if cell(model) != STRIDE:
        raise UsageError(
            f"--start {start}: an autoencoder of {cell(model)} pixels a cell, and this recipe's has {STRIDE}"
        )
    model.encoder.requires_grad_(start is None)
    model = model.to(budget.device, memory_format=torch.channels_last)
    disturbance = 0.0 if start is None else DISTURBED / model.config.scaling_factor
    rate = 4e-3 if start is None else 2e-3
    held_out = torch.stack([_picture(np.random.default_rng([99, i])) for i in range(128)]).to(budget.device)

    def loss(batch: Tensor) -> tuple[Tensor, Mapping[str, float]]:
        x = batch.to(budget.device, memory_format=torch.channels_last)
        with half_precision(budget.device):
            posterior = model.encode(x).latent_dist
            latents = posterior.sample()
            strength = disturbance * torch.rand(len(x), 1, 1, 1, device=x.device)
            decoded = model.decode(latents + strength * torch.randn_like(latents)).sample.float()
        l1, l2 = F.l1_loss(decoded, x), F.mse_loss(decoded, x)
        kl = posterior.kl().float().mean() / posterior.mean[0].numel()
        return l1 + l2 + KL_WEIGHT * kl, {"l1": float(l1.detach()), "kl": float(kl.detach())}

    def evaluate(candidate: nn.Module) -> Mapping[str, float]:
        with torch.no_grad():
            latents = candidate.encode(held_out).latent_dist
            decoded = candidate.decode(latents.mode()).sample
        return {"l1": float(F.l1_loss(decoded, held_out)), "std": float(latents.mean.std())}

    average, log = fit(model, optimisers(model, rate, rate, decay=0.0), batches, loss, evaluate, budget)
    if start is None:
        with torch.no_grad():
            latents = average.encode(held_out).latent_dist.mode()
        average.register_to_config(scaling_factor=float(1 / latents.std()), shift_factor=float(latents.mean()))
    average.half().save_pretrained(out)
    return log
