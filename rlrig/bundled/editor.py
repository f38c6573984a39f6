"""The bundled Inverse Diffuser: a small FLUX Kontext, started from the Diffuser, trained on drawn edits and mends."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxKontextPipeline
from numpy.random import Generator
from torch import Tensor

from rlrig.backends.flow import KontextEditor
from rlrig.bundled.crew import rank, share
from rlrig.bundled.drafts import drafts
from rlrig.bundled.drawn import Drawn, Flow, train_flow
from rlrig.bundled.edits import sample_edit
from rlrig.bundled.fit import Budget
from rlrig.bundled.flow import EDIT_TOKENS, TextToVelocity, load_vae
from rlrig.bundled.measure import held_out_edits
from rlrig.bundled.mends import sample_mend, told
from rlrig.bundled.owners import owners
from rlrig.bundled.prompts import mirrored_prompt
from rlrig.bundled.repainted import worn
from rlrig.bundled.scenes import pixels
from rlrig.bundled.sentences import mirrored
from rlrig.bundled.trials import editing_quality, edits_done
from rlrig.pipeline import RLRIGPipeline
from rlrig.presets import load_preset
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import render
from rlrig_eval.suite.wording import word

WATCHED = 64  # held-out edits done at every evaluation
DRAFTS = 2560
PLAIN_EDITS = 0.3  # share of what is drawn that is told the instruction alone


def _make(rng: Generator) -> Drawn:
    """An edit or a mend, and its mirror image."""
    if rng.random() < PLAIN_EDITS:
        edit = sample_edit(rng)
        return _both_ways([edit.instruction, mirrored(edit.instruction)], edit.source, edit.target)
    mend, said = sample_mend(rng), None
    texts = [word(g, lambda options: int(rng.integers(options))) for g in (mend.prompt, mirrored_prompt(mend.prompt))]
    if mend.instruction is not None and rng.random() < 0.9:
        said = mend.instruction
    turned = mirrored(said) if said else None
    return _both_ways([told(texts[0], said), told(texts[1], turned)], mend.source, mend.target)


def _both_ways(texts: list[str], before: SceneGraph, after: SceneGraph) -> Drawn:
    source, target, cells = pixels(render(before)), pixels(render(after)), owners(after)
    return Drawn(
        texts=texts,
        pictures=torch.stack([target, target.flip(2)]),
        owners=torch.stack([cells, cells.flip(1)]),
        sources=torch.stack([source, source.flip(2)]),
    )


def _quality(pipeline: Path) -> Mapping[str, float]:
    model = KontextEditor.from_pretrained(pipeline, load_preset("shapes").editor.sampling)
    return editing_quality(edits_done(model, held_out_edits(WATCHED)))


def _drafts(folder: Path, drawer: Path) -> Iterator[Drawn]:
    """The Diffuser's failures, made once and kept in `folder`."""
    file = folder / f"drafts-{rank()}.pt"
    if not file.exists():
        system = RLRIGPipeline.from_pretrained("shapes", rl="none")
        painter, vae = TextToVelocity.from_checkpoint(drawer).eval(), load_vae(drawer / "vae", "cpu")
        made = list(drafts(painter, vae, system.checker, system.actor, share(DRAFTS), rank()))
        folder.mkdir(parents=True, exist_ok=True)
        torch.save([(d.texts, _bytes(d.pictures), d.owners, _bytes(d.sources)) for d in made], file)
    for texts, pictures, cells, sources in torch.load(file, weights_only=True):
        yield Drawn(texts, pictures / 127.5 - 1, cells, sources / 127.5 - 1)


def _bytes(pictures: Tensor | None) -> Tensor:
    assert pictures is not None
    return ((pictures + 1) * 127.5).round().byte()


def train(budget: Budget, start: Path, drawer: Path, out: Path) -> dict[str, Any]:
    """Train and save a FluxKontextPipeline to `out`, from the Diffuser or editor in `start`, with its autoencoder.

    Half of the drawings to edit have been through the Diffuser in `drawer`.
    """
    torch.manual_seed(0)
    model, vae = TextToVelocity.from_checkpoint(start), load_vae(start / "vae", budget.device)
    painter = TextToVelocity.from_checkpoint(drawer).to(budget.device).eval()
    pace = 1.0 if start == drawer else 0.4  # an editor that is trained on forgets what it knows at full pace
    flow = Flow(
        FluxKontextPipeline,
        _make,
        _quality,
        matrix_rate=pace * 1.5e-3,
        rate=pace * 1e-3,
        worn=partial(worn, painter),
        kept=partial(_drafts, budget.folder, drawer),
        tokens=EDIT_TOKENS,
    )
    return train_flow(flow, model, vae, budget, out)
