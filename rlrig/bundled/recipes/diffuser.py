"""The bundled Diffuser: a small FLUX trained from nothing on drawn prompts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxPipeline
from numpy.random import Generator

from rlrig.backends.flow import FlowDiffuser
from rlrig.bundled.lessons.pixels import pixels
from rlrig.bundled.lessons.prompts import laid_out_prompt, mirrored_prompt
from rlrig.bundled.measuring.measure import held_out_prompts
from rlrig.bundled.measuring.trials import drawing_quality, drawings
from rlrig.bundled.training.drawn import Drawn, Flow, both_ways, train_flow
from rlrig.bundled.training.fit import Budget
from rlrig.bundled.training.flow import TextToVelocity, load_vae, token_values
from rlrig.bundled.training.owners import owners
from rlrig.presets import load_preset
from rlrig_eval.shapes import render
from rlrig_eval.suite.wording import at_random, word

WATCHED = 64  # dev prompts drawn at every evaluation
# A one-object picture teaches a shape in every token; the longer prompts teach the rest.
WEIGHTS: Mapping[str, float] = {
    "single": 0.05,
    "several": 0.05,
    "together": 0.07,
    "pair": 0.33,
    "negated": 0.03,
    "counted": 0.09,
    "between": 0.09,
    "ordering": 0.05,
    "chain": 0.08,
    "triangle": 0.06,
    "counted chain": 0.03,
    "long chain": 0.03,
    "star": 0.02,
    "web": 0.02,
}
OVERLAPPING = 0.4  # share of overlaps among the first relations: they are learned last


def _make(rng: Generator) -> Drawn:
    """A drawn prompt and its mirror image."""
    graph, scene = laid_out_prompt(rng, WEIGHTS, OVERLAPPING)
    texts = [word(g, at_random(rng)) for g in (graph, mirrored_prompt(graph))]
    return both_ways(texts, None, pixels(render(scene)), owners(scene))


def _quality(pipeline: Path) -> Mapping[str, float]:
    model = FlowDiffuser.from_pretrained(pipeline, load_preset("shapes").diffuser.sampling)
    return drawing_quality(drawings(model, held_out_prompts(WATCHED)))


def train(budget: Budget, vae: Path, out: Path, start: Path | None = None) -> dict[str, Any]:
    """Train and save a FluxPipeline to `out`, from random weights or from the pipeline in `start`."""
    torch.manual_seed(0)
    autoencoder = load_vae(vae, budget.device)
    model = TextToVelocity(token_values(autoencoder)) if start is None else TextToVelocity.begun(start, vae)
    flow = Flow(FluxPipeline, _make, _quality, matrix_rate=2e-3, rate=1.5e-3)
    return train_flow(flow, model, autoencoder, budget, out)
