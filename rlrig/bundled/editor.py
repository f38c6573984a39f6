"""The bundled Inverse Diffuser: a small FLUX Kontext, started from the Diffuser, trained on drawn edits and mends."""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from diffusers import FluxKontextPipeline
from numpy.random import Generator
from torch import Tensor

from rlrig.backends.flow import KontextEditor
from rlrig.backends.vlm import load_both
from rlrig.bundled.crew import rank, share
from rlrig.bundled.drafts import drafts
from rlrig.bundled.drawn import Drawn, Flow, both_ways, train_flow
from rlrig.bundled.edits import sample_edit
from rlrig.bundled.fit import Budget
from rlrig.bundled.flow import EDIT_TOKENS, TextToVelocity, load_vae
from rlrig.bundled.measure import held_out_edits
from rlrig.bundled.mends import sample_mend
from rlrig.bundled.owners import owners
from rlrig.bundled.prompts import mirrored_prompt
from rlrig.bundled.proposals import proposals
from rlrig.bundled.repainted import worn
from rlrig.bundled.scenes import pixels
from rlrig.bundled.sentences import mirrored
from rlrig.bundled.trials import editing_quality, edits_done
from rlrig.presets import Loop, load_preset
from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import render
from rlrig_eval.suite.wording import at_random, word

WATCHED = 64  # held-out edits done at every evaluation
DRAFTS = 4096  # a third of them are failures
PLAIN_EDITS = 0.3  # share of what is drawn that is told the instruction alone
SILENT = 0.1  # share of mends that are told the prompt alone


@cache
def loop() -> Loop:
    """What the editor is told, and what it is told it of."""
    return load_preset("shapes", {"say": "{prompt}, {instruction}"}).loop


def _make(rng: Generator) -> Drawn:
    """An edit or a mend, and its mirror image."""
    if rng.random() < PLAIN_EDITS:
        edit = sample_edit(rng)
        return _drawn([edit.instruction, mirrored(edit.instruction)], edit.source, edit.target)
    mend = sample_mend(rng)
    graphs = (mend.prompt, mirrored_prompt(mend.prompt))
    texts = [word(graph, at_random(rng)) for graph in graphs]
    if mend.instruction is not None and rng.random() >= SILENT:
        said = (mend.instruction, mirrored(mend.instruction))
        texts = [loop().told(*each) for each in zip(texts, said, strict=True)]
    return _drawn(texts, mend.source, mend.target)


def _drawn(texts: list[str], before: SceneGraph, after: SceneGraph) -> Drawn:
    return both_ways(texts, pixels(render(before)), pixels(render(after)), owners(after))


def _quality(pipeline: Path) -> Mapping[str, float]:
    return editing_quality(edits_done(opened(pipeline), held_out_edits(WATCHED), loop()))


def opened(pipeline: Path, device: str = "cpu") -> KontextEditor:
    """An editor of this recipe, as the preset `shapes` samples; it reads as many tokens as it was trained on."""
    sampling = load_preset("shapes").editor.sampling.model_copy(update={"max_sequence_length": EDIT_TOKENS})
    return KontextEditor.from_pretrained(pipeline, sampling, device)


def _drafts(folder: Path, drawer: Path, seer: Path, writer: Path) -> Iterator[Drawn]:
    """The Diffuser's failures as Checker and Actor see them, made once and kept in `folder`."""
    made_by = "-".join(weights_hash(path)[:6] for path in (drawer, seer, writer))
    file = folder / f"drafts-{made_by}-{share(DRAFTS)}-{rank()}.pt"
    if not file.exists():
        checker, actor = load_both(seer, writer, choices=proposals, dtype="float32")
        painter, vae = TextToVelocity.from_checkpoint(drawer).eval(), load_vae(drawer / "vae", "cpu")
        made = list(drafts(painter, vae, checker, actor, loop(), share(DRAFTS), rank()))
        folder.mkdir(parents=True, exist_ok=True)
        torch.save([(d.texts, _bytes(d.pictures), d.owners, _bytes(d.sources)) for d in made], file.with_suffix(".tmp"))
        file.with_suffix(".tmp").replace(file)
    for texts, pictures, cells, sources in torch.load(file, weights_only=True):
        yield Drawn(texts, pictures / 127.5 - 1, cells, sources / 127.5 - 1)


def _bytes(pictures: Tensor | None) -> Tensor:
    assert pictures is not None
    return ((pictures + 1) * 127.5).round().byte()


def train(budget: Budget, start: Path, drawer: Path, seer: Path, writer: Path, out: Path) -> dict[str, Any]:
    """Train and save a FluxKontextPipeline to `out`, from the Diffuser or editor in `start`, with its autoencoder.

    Half of the drawings to edit have been through the Diffuser in `drawer`; two fifths of what it learns from are the
    Diffuser's own failures, found by the Checker in `seer` and commented on by the Actor's adapter in `writer`.
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
        kept=partial(_drafts, budget.folder, drawer, seer, writer),
        tokens=EDIT_TOKENS,
    )
    return train_flow(flow, model, vae, budget, out)
