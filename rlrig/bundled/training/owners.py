"""What lies under each cell of a picture: a second thing to learn for a model that draws it or looks at it.

A linear head on a middle layer names the thing that owns each cell, from the drawing's own truth. It tells a small
model which colour belongs to which shape long before the picture or the answer does, and is thrown away after
training. The idea is that of REPA (Yu et al., arXiv 2410.06940), with the truth in place of a pretrained network's
features.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import PAIRINGS
from rlrig_eval.shapes.draw import CANVAS, colour_of, silhouette

CELL = 8  # canvas pixels a side; a token of 8 x 8 pixels holds one, a coarser one several
CELLS = (CANVAS // CELL) ** 2
LEAST = 10  # pixels of a cell that a thing must paint to own it
GROUND_WEIGHT = 0.25  # most cells are ground, which teaches little
_CLASS = {pairing: number for number, pairing in enumerate(PAIRINGS, start=1)}  # 0 is the ground


def owners(scene: SceneGraph) -> Tensor:
    """(8, 8) int16: the class of the thing that paints most of each cell, 0 for the ground."""
    painted = np.zeros((CANVAS, CANVAS), dtype=np.int16)
    for entity in sorted(scene.entities, key=lambda e: -(e.depth or 0.0)):
        if entity.box is not None:
            painted[silhouette(entity.category, entity.box).painted] = _CLASS[colour_of(entity), entity.category]
    side = CANVAS // CELL
    cells = painted.reshape(side, CELL, side, CELL).transpose(0, 2, 1, 3).reshape(side * side, CELL * CELL)
    shares = np.stack([(cells == kind).sum(1) for kind in range(len(_CLASS) + 1)], -1)
    shares[:, 0] = LEAST - 1
    return torch.from_numpy(shares.argmax(1).astype(np.int16).reshape(side, side))


def pack_cells(cells: Tensor, tokens: int) -> Tensor:
    """(B, 8, 8) to (B, tokens, 64 / tokens), in the order of packed latents and of a VLM's tokens."""
    b, h, w = cells.shape
    side = math.isqrt(h * w // tokens)
    return cells.view(b, h // side, side, w // side, side).permute(0, 1, 3, 2, 4).reshape(b, tokens, side * side)


@contextmanager
def watched(module: nn.Module) -> Iterator[list[Any]]:
    """What `module` puts out while the block runs, call by call."""
    seen: list[Any] = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    try:
        yield seen
    finally:
        handle.remove()


class OwnerHead(nn.Module):
    """Names the owners of each token's cells from its hidden state; `tokens` of them make a picture."""

    def __init__(self, width: int, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.owner_embed = nn.Linear(width, CELLS // tokens * (len(_CLASS) + 1))

    def forward(self, hidden: Tensor, cells: Tensor) -> Tensor:
        """Mean cross-entropy of hidden states (B, tokens, width) against `cells` (B, 8, 8), see `owners`."""
        logits = self.owner_embed(hidden).float().view(-1, len(_CLASS) + 1)
        weights = torch.ones(len(_CLASS) + 1, device=logits.device)
        weights[0] = GROUND_WEIGHT
        return F.cross_entropy(logits, pack_cells(cells, self.tokens).reshape(-1).long(), weights)
