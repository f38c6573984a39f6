"""The bundled Inverse Diffuser: a small FLUX Kontext, started from the Diffuser, trained on drawn edits."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import FluxKontextPipeline, FluxPipeline
from numpy.random import Generator
from torch import Tensor, nn

from rlrig.bundled.edits import sample_edit
from rlrig.bundled.fit import Budget, fit, optimisers
from rlrig.bundled.flow import (
    TEXT_TOKENS,
    TextToVelocity,
    encode,
    flow_matching_loss,
    load_vae,
    save,
    tokenise,
)
from rlrig.bundled.pool import rolling
from rlrig.bundled.scenes import pixels, stream
from rlrig.bundled.tokens import tokenizer
from rlrig_eval.shapes import render

BATCH = 32
FRESH = 6
POOL = 40_000
BLEMISH = 0.3  # largest noise, in latent standard deviations, on the picture to edit: generated ones are not clean

Raw = tuple[list[str], Tensor, Tensor]


def _pair(rng: Generator) -> Raw:
    """An edit and its mirror image: instructions, (2, 3, 64, 64) sources, (2, 3, 64, 64) targets."""
    edit = sample_edit(rng)
    source, target = pixels(render(edit.source)), pixels(render(edit.target))
    texts = [edit.instruction, mirrored(edit.instruction)]
    return texts, torch.stack([source, source.flip(2)]), torch.stack([target, target.flip(2)])


def mirrored(instruction: str) -> str:
    """
    >>> mirrored("move the red ring left of the blue star")
    'move the red ring right of the blue star'
    """
    parts = instruction.split(" left of ")
    return " right of ".join(parts) if len(parts) > 1 else instruction.replace(" right of ", " left of ")


def _collate(items: list[Raw]) -> Raw:
    texts = [text for item in items for text in item[0]]
    return texts, torch.cat([item[1] for item in items]), torch.cat([item[2] for item in items])


def train(budget: Budget, diffuser_path: Path, out: Path) -> dict[str, Any]:
    """Train and save a FluxKontextPipeline to `out`, with the Diffuser's autoencoder."""
    torch.manual_seed(0)
    vae = load_vae(diffuser_path / "vae", budget.device)
    model = TextToVelocity.from_pipeline(FluxPipeline.from_pretrained(diffuser_path, torch_dtype=torch.float32))
    model = model.to(budget.device)
    made = tokenizer(TEXT_TOKENS)

    def rows(raw: Raw) -> tuple[Tensor, Tensor, Tensor]:
        texts, sources, targets = raw
        source = encode(vae, sources)
        source = source + BLEMISH * torch.rand(len(source), 1, 1, device=source.device) * torch.randn_like(source)
        return encode(vae, targets).half().cpu(), tokenise(texts, made).to(torch.int16), source.half().cpu()

    def batches(seed: int) -> Iterator[tuple[Tensor, ...]]:
        return rolling(stream(_pair, _collate, FRESH, seed), rows, BATCH, POOL, first=2000)

    def loss(batch: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Mapping[str, float]]:
        target, tokens, source = (part.to(budget.device) for part in batch)
        return flow_matching_loss(model, target.float(), tokens.long(), source.float()), {}

    dev = rows(_collate([_pair(np.random.default_rng([97, i])) for i in range(128)]))

    def evaluate(candidate: nn.Module) -> Mapping[str, float]:
        target, tokens, source = (part.to(budget.device) for part in dev)
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(1)
            value = flow_matching_loss(candidate, target.float(), tokens.long(), source.float())
        save(FluxKontextPipeline, candidate, vae, out)
        return {"loss": float(value)}

    average, log = fit(model, optimisers(model, 1.5e-3, 1e-3), batches, loss, evaluate, budget)
    save(FluxKontextPipeline, average, vae, out)
    return log
