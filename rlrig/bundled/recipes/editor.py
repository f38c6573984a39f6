"""The bundled Inverse Diffuser: a small FLUX Kontext taught edits and mends."""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxKontextPipeline
from numpy.random import Generator
from PIL import Image

from rlrig.backends.flow import KontextEditor
from rlrig.bundled.lessons.edits import sample_edit
from rlrig.bundled.lessons.mends import sample_mend
from rlrig.bundled.lessons.pixels import pixels
from rlrig.bundled.lessons.prompts import mirrored_prompt
from rlrig.bundled.lessons.wanted import wanted
from rlrig.bundled.measuring.measure import held_out_edits
from rlrig.bundled.measuring.trials import editing_quality, edits_done
from rlrig.bundled.training.drawn import Drawn, Flow, both_ways, train_flow
from rlrig.bundled.training.fit import Budget
from rlrig.bundled.training.flow import EDIT_TOKENS, TextToVelocity, drawn_with, load_vae
from rlrig.bundled.training.owners import owners
from rlrig.bundled.training.repainted import worn
from rlrig.instructions.sentences import Instruction, mirrored
from rlrig.presets import Loop, load_preset
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import render, split
from rlrig_eval.suite.wording import at_random, word

WATCHED = 64  # held-out edits done at every evaluation
PLAIN_EDITS = 0.5  # share of what is drawn that is an edit of a scene, not a mend
ALONE = 0.2  # share of edits that are told the instruction alone
BETWEEN = 0.2  # share of what is placed in plain edits: more than in those it is measured by, for it is hard to learn
EVENLY = 0.8  # share of plain edits' scenes with as many large things as small: a large thing that it moved it shrank
SILENT = 0.05  # share of mends that are told the prompt alone, beside those that no instruction fits


@cache
def loop() -> Loop:
    """What the editor is told, and what it is told it of."""
    return load_preset("shapes").loop


def _make(rng: Generator) -> Drawn:
    """An edit or a mend, and its mirror image."""
    return _edit(rng) if rng.random() < PLAIN_EDITS else _mend(rng)


def _edit(rng: Generator) -> Drawn:
    while split(wanted(edit := sample_edit(rng, between=BETWEEN, evenly=EVENLY))) != "train":
        pass
    if rng.random() < ALONE:
        texts = [edit.instruction, mirrored(edit.instruction)]
    else:
        texts = _told(_worded(rng, wanted(edit)), edit.instruction)
    return _drawn(texts, render(edit.source), edit.target)


def _mend(rng: Generator) -> Drawn:
    mend = sample_mend(rng)
    texts = _worded(rng, mend.prompt)
    if mend.instruction is not None and rng.random() >= SILENT:
        texts = _told(texts, mend.instruction)
    return _drawn(texts, mend.picture, mend.target)


def _worded(rng: Generator, prompt: SceneGraph) -> list[str]:
    """A prompt and that of its mirror image."""
    return [word(graph, at_random(rng)) for graph in (prompt, mirrored_prompt(prompt))]


def _told(prompts: list[str], instruction: Instruction) -> list[str]:
    """A prompt and that of its mirror image, each with the instruction that goes with it."""
    said = (instruction, mirrored(instruction))
    return [loop().editor_text(*each) for each in zip(prompts, said, strict=True)]


def _drawn(texts: list[str], before: Image.Image, target: SceneGraph) -> Drawn:
    return both_ways(texts, pixels(before), pixels(render(target)), owners(target))


def _quality(pipeline: Path) -> Mapping[str, float]:
    return editing_quality(edits_done(opened(pipeline), held_out_edits(WATCHED), loop()))


def opened(pipeline: Path, device: str = "cpu") -> KontextEditor:
    """An editor of this recipe, as the preset `shapes` samples."""
    return KontextEditor.from_pretrained(pipeline, load_preset("shapes").editor.sampling, device)


def train(budget: Budget, start: Path, drawer: Path, vae: Path, out: Path) -> dict[str, Any]:
    """Train and save a FluxKontextPipeline to `out`, from the Diffuser or editor in `start`.

    Its autoencoder is `vae`, be it the one of `start` or another. The pictures to edit have been through the Diffuser
    in `drawer`.
    """
    torch.manual_seed(0)
    autoencoder = load_vae(vae, budget.device)
    model = TextToVelocity.begun(start, vae)
    painter = TextToVelocity.from_checkpoint(drawer).to(budget.device).eval()
    trained_on = start != drawer and drawn_with(start, vae)
    pace = 0.4 if trained_on else 1.0  # at full pace an editor forgets what it knows
    flow = Flow(
        FluxKontextPipeline,
        _make,
        _quality,
        matrix_rate=pace * 1.5e-3,
        rate=pace * 1e-3,
        worn=partial(worn, painter, load_vae(drawer, budget.device)),
        tokens=EDIT_TOKENS,
    )
    return train_flow(flow, model, autoencoder, budget, out)
