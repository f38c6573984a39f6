"""The bundled Inverse Diffuser: a small FLUX Kontext, started from the Diffuser, trained on drawn edits."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxKontextPipeline
from numpy.random import Generator

from rlrig.backends.flow import KontextEditor
from rlrig.bundled.drawn import Drawn, Flow, train_flow
from rlrig.bundled.edits import sample_edit
from rlrig.bundled.fit import Budget
from rlrig.bundled.flow import TextToVelocity, load_vae
from rlrig.bundled.measure import held_out_edits
from rlrig.bundled.owners import owners
from rlrig.bundled.repainted import worn
from rlrig.bundled.scenes import pixels
from rlrig.bundled.trials import editing_quality, edits_done
from rlrig.presets import load_preset
from rlrig_eval.shapes import render

_SIDES = {"left": "right", "right": "left"}
WATCHED = 64  # held-out edits done at every evaluation


def _make(rng: Generator) -> Drawn:
    """An edit and its mirror image."""
    edit = sample_edit(rng)
    source, target, cells = pixels(render(edit.source)), pixels(render(edit.target)), owners(edit.target)
    return Drawn(
        texts=[edit.instruction, mirrored(edit.instruction)],
        pictures=torch.stack([target, target.flip(2)]),
        owners=torch.stack([cells, cells.flip(1)]),
        sources=torch.stack([source, source.flip(2)]),
    )


def mirrored(instruction: str) -> str:
    """
    >>> mirrored("move the red ring left of the blue star and right of the red cross")
    'move the red ring right of the blue star and left of the red cross'
    """
    return re.sub(r" (left|right) of ", lambda found: f" {_SIDES[found[1]]} of ", instruction)


def _quality(pipeline: Path) -> Mapping[str, float]:
    model = KontextEditor.from_pretrained(pipeline, load_preset("shapes").editor.sampling)
    return editing_quality(edits_done(model, held_out_edits(WATCHED)))


def train(budget: Budget, start: Path, drawer: Path, out: Path) -> dict[str, Any]:
    """Train and save a FluxKontextPipeline to `out`, from the Diffuser or editor in `start`, with its autoencoder.

    Half of the pictures to edit have been through the Diffuser in `drawer`.
    """
    torch.manual_seed(0)
    model, vae = TextToVelocity.from_checkpoint(start), load_vae(start / "vae", budget.device)
    painter = TextToVelocity.from_checkpoint(drawer).to(budget.device).eval()
    pace = 1.0 if start == drawer else 0.4  # an editor that is trained on forgets what it knows at full pace
    flow = Flow(
        FluxKontextPipeline, _make, _quality, matrix_rate=pace * 1.5e-3, rate=pace * 1e-3, worn=partial(worn, painter)
    )
    return train_flow(flow, model, vae, budget, out)
