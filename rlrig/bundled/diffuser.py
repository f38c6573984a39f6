"""The bundled Diffuser: a small FLUX trained from nothing on drawn prompts."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import FluxPipeline
from numpy.random import Generator
from torch import Tensor, nn

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
from rlrig_eval.scene import SceneGraph, opposite
from rlrig_eval.shapes import NEAT, SEEN, LayoutError, layout, render, split
from rlrig_eval.suite.structures import compose
from rlrig_eval.suite.wording import word

BATCH = 32
FRESH = 6  # new scenes a step, each with its mirror image
POOL = 40_000
# A one-object picture teaches a shape in every token; the longer prompts teach the rest.
WEIGHTS: Mapping[str, float] = {
    "single": 0.10,
    "several": 0.05,
    "together": 0.08,
    "pair": 0.31,
    "negated": 0.04,
    "counted": 0.09,
    "between": 0.05,
    "ordering": 0.05,
    "chain": 0.07,
    "triangle": 0.05,
    "counted chain": 0.03,
    "long chain": 0.03,
    "star": 0.03,
    "web": 0.02,
}


def example(rng: Generator) -> tuple[SceneGraph, SceneGraph]:
    """A prompt graph of the train bucket without unseen pairings, and a layout of it."""
    names = tuple(WEIGHTS)
    while True:
        structure = names[int(rng.choice(len(names), p=[WEIGHTS[name] for name in names]))]
        graph = compose(rng, structure, SEEN)
        if structure not in ("single", "several", "together") and split(graph) != "train":
            continue
        try:
            return graph, layout(graph, rng, attempts=3, placement=NEAT)
        except LayoutError:
            continue


def mirrored(graph: SceneGraph) -> SceneGraph:
    """The prompt of the picture turned left to right."""
    flipped = [
        r.model_copy(update={"predicate": opposite(r.predicate)}) if r.predicate in ("left of", "right of") else r
        for r in graph.relations
    ]
    return SceneGraph(entities=graph.entities, relations=tuple(flipped))


def _pair(rng: Generator) -> tuple[list[str], Tensor]:
    graph, scene = example(rng)
    picture = pixels(render(scene))
    texts = [word(g, lambda options: int(rng.integers(options))) for g in (graph, mirrored(graph))]
    return texts, torch.stack([picture, picture.flip(2)])


def _collate(items: list[tuple[list[str], Tensor]]) -> tuple[list[str], Tensor]:
    return [text for texts, _ in items for text in texts], torch.cat([pictures for _, pictures in items])


def train(budget: Budget, vae_path: Path, out: Path) -> dict[str, Any]:
    """Train and save a FluxPipeline to `out`."""
    torch.manual_seed(0)
    vae = load_vae(vae_path, budget.device)
    model = TextToVelocity().to(budget.device)
    made = tokenizer(TEXT_TOKENS)

    def rows(raw: tuple[list[str], Tensor]) -> tuple[Tensor, Tensor]:
        return encode(vae, raw[1]).half().cpu(), tokenise(raw[0], made).to(torch.int16)

    def batches(seed: int) -> Iterator[tuple[Tensor, ...]]:
        fresh = stream(_pair, _collate, FRESH, seed)
        return rolling(fresh, rows, BATCH, POOL, first=2000)

    held_out = _collate([_pair(np.random.default_rng([98, i])) for i in range(128)])
    dev_latents, dev_tokens = rows(held_out)

    def loss(batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Mapping[str, float]]:
        latents, tokens = (part.to(budget.device) for part in batch)
        return flow_matching_loss(model, latents.float(), tokens.long()), {}

    def evaluate(candidate: nn.Module) -> Mapping[str, float]:
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(1)
            args = (dev_latents.float().to(budget.device), dev_tokens.long().to(budget.device))
            value = flow_matching_loss(candidate, *args)
        save(FluxPipeline, candidate, vae, out)
        return {"loss": float(value)}

    average, log = fit(model, optimisers(model, 2e-3, 1.5e-3), batches, loss, evaluate, budget)
    save(FluxPipeline, average, vae, out)
    return log
