"""The training that the Diffuser and the editor share: drawn examples, encoded into a pool, a flow fitted to them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.random import Generator
from torch import Tensor, nn

from rlrig.bundled.training.crew import share
from rlrig.bundled.training.fit import Budget, fit, optimisers
from rlrig.bundled.training.flow import (
    TEXT_TOKENS,
    WIDTH,
    TextToVelocity,
    encode,
    flow_matching,
    picture_tokens,
    save,
    tokenise,
)
from rlrig.bundled.training.owners import OwnerHead
from rlrig.bundled.training.pool import rolling
from rlrig.bundled.training.stream import stream
from rlrig.bundled.training.tokens import tokenizer
from rlrig.precision import half_precision

BATCH = 64
FRESH = 6  # examples made for a step, each with its mirror image: each is seen five times
POOL = 40_000
OWNER_WEIGHT = 0.1


@dataclass(frozen=True)
class Drawn:
    """Texts, pictures (n, 3, 64, 64) in [-1, 1], the owners of their cells (n, 8, 8); for edits the pictures before."""

    texts: list[str]
    pictures: Tensor
    owners: Tensor
    sources: Tensor | None = None


def both_ways(texts: list[str], source: Tensor | None, target: Tensor, cells: Tensor) -> Drawn:
    """A picture (3, 64, 64) and its mirror image, with the text of each, from a source likewise turned if there is one.

    `cells` (8, 8) are the owners of the target's.
    """
    sources = None if source is None else torch.stack([source, source.flip(2)])
    return Drawn(texts, torch.stack([target, target.flip(2)]), torch.stack([cells, cells.flip(1)]), sources)


@dataclass(frozen=True)
class Flow:
    """What differs between the two: the pipeline, where examples come from, how they are measured, learning rates.

    `worn` makes of pictures (B, 3, 64, 64) to edit such as a model hands on; a text has `tokens` tokens.
    """

    pipeline: Any
    make: Callable[[Generator], Drawn]
    quality: Callable[[Path], Mapping[str, float]]
    matrix_rate: float
    rate: float
    worn: Callable[[Tensor], Tensor] = lambda pictures: pictures
    tokens: int = TEXT_TOKENS


class _Taught(nn.Module):
    """A flow with its owner head."""

    def __init__(self, flow: TextToVelocity, tokens: int) -> None:
        super().__init__()
        self.flow, self.head = flow, OwnerHead(WIDTH, tokens)


def train_flow(flow: Flow, model: TextToVelocity, vae: AutoencoderKL, budget: Budget, out: Path) -> dict[str, Any]:
    """Train `model` and save it to `out` as a pipeline; the log says how it did on held-out prompts."""
    taught, made = _Taught(model, picture_tokens(vae)).to(budget.device), tokenizer(TEXT_TOKENS)
    begun = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    if budget.compiled:
        model.compile_blocks()

    def rows(raw: Drawn) -> tuple[Tensor, ...]:
        texts = tokenise(raw.texts, made, flow.tokens).to(torch.int16)
        found = [encode(vae, raw.pictures).half().cpu(), texts, raw.owners]
        if raw.sources is not None:
            found.append(encode(vae, flow.worn(raw.sources)).half().cpu())
        return tuple(found)

    def batches(seed: int) -> Iterator[tuple[Tensor, ...]]:
        return rolling(stream(flow.make, _collate, share(FRESH), seed), rows, share(BATCH), POOL, first=1000)

    def losses(candidate: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        clean, tokens, cells, *source = (part.to(budget.device) for part in batch)
        reference = source[0].float() if source else None
        with half_precision(budget.device):
            velocity, hidden = flow_matching(candidate.flow, clean.float(), tokens.long(), reference)
            return velocity, candidate.head(hidden, cells)

    def loss(batch: tuple[Tensor, ...]) -> tuple[Tensor, Mapping[str, float]]:
        velocity, owner = losses(taught, batch)
        return velocity + OWNER_WEIGHT * owner, {"velocity": float(velocity.detach()), "owner": float(owner.detach())}

    dev = rows(_collate([flow.make(np.random.default_rng([98, i])) for i in range(128)]))

    def evaluate(candidate: nn.Module) -> Mapping[str, float]:
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(1)
            velocity, owner = losses(candidate, dev)
        save(flow.pipeline, candidate.flow, vae, out)
        return {"loss": float(velocity), "owner": float(owner), **flow.quality(out)}

    trained, log = fit(taught, optimisers(taught, flow.matrix_rate, flow.rate), batches, loss, evaluate, budget)
    if budget.blend:
        blend(trained.flow, begun, budget.blend)
        log |= {"dev": dict(evaluate(trained)), "blend": budget.blend}
    return log


@torch.no_grad()
def blend(model: nn.Module, begun: Mapping[str, Tensor], share: float) -> None:
    """Move the weights of `model` by `share` of the way towards those in `begun`: what it learned anew, and what it
    knew (WiSE-FT, arXiv 2109.01903)."""
    for name, weights in model.named_parameters():
        weights.lerp_(begun[name], share)


def _collate(items: list[Drawn]) -> Drawn:
    sources = [item.sources for item in items if item.sources is not None]
    return Drawn(
        texts=[text for item in items for text in item.texts],
        pictures=torch.cat([item.pictures for item in items]),
        owners=torch.cat([item.owners for item in items]),
        sources=torch.cat(sources) if sources else None,
    )
