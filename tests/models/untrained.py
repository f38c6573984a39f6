"""Checkpoints of the bundled classes with random weights: nothing to download or train."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import torch
import yaml

SAMPLING = {"steps": 2, "true_cfg": 2.5, "size": 64, "max_sequence_length": 24, "dtype": "float32"}
_MADE: dict[str, tuple[Path, torch.Tensor]] = {}
"""What this process has saved, by its kind, and the state in which that left torch's generator."""


def flux(folder: Path) -> Path:
    """A FluxPipeline saved to `folder`, the same weights every time."""
    from diffusers import FluxPipeline

    return _flow(FluxPipeline, folder)


def preset(root: Path) -> Path:
    """The preset of a whole RL-RIG system under `root`: Diffuser, editor, and a VLM that checks and writes."""
    from diffusers import FluxKontextPipeline

    flow = {"sampling": {**SAMPLING, "batch_size": 8}}
    roles = {
        "name": "untrained",
        "diffuser": {"checkpoint": str(flux(root / "diffuser")), **flow},
        "editor": {"checkpoint": str(_flow(FluxKontextPipeline, root / "editor")), **flow},
        "checker": {"checkpoint": str(_vlm(root / "vlm")), "dtype": "float32"},
        "loop": {"max_edits": 2},
    }
    path = root / "untrained.yaml"
    path.write_text(yaml.safe_dump(roles))
    return path


def _once(kind: str, save: Callable[[Path], None], folder: Path) -> Path:
    """What `save` writes to `folder`; a copy of it where it was written before, as it is the same every time."""
    if kind in _MADE:
        made, state = _MADE[kind]
        shutil.copytree(made, folder)
        torch.set_rng_state(state)
    else:
        save(folder)
        _MADE[kind] = folder, torch.get_rng_state()
    return folder


def _flow(pipeline_class: type, folder: Path) -> Path:
    from rlrig.bundled.recipes import vae
    from rlrig.bundled.training.flow import TextToVelocity, save

    def made(to: Path) -> None:
        torch.manual_seed(0)
        model, autoencoder = TextToVelocity(32), vae.build()
        autoencoder.register_to_config(shift_factor=0.0, scaling_factor=1.0)  # training measures these
        save(pipeline_class, model, autoencoder, to)

    return _once(pipeline_class.__name__, made, folder)


def _vlm(folder: Path) -> Path:
    from rlrig.bundled.recipes import vlm

    def made(to: Path) -> None:
        torch.manual_seed(0)
        processor = vlm.build_processor()
        model = vlm.build(processor)
        for weight in model.parameters():
            if weight.ndim == 2:
                torch.nn.init.normal_(weight, std=0.15)  # large enough for answers to differ
        model.half().save_pretrained(to)
        processor.save_pretrained(to)

    return _once("VLM", made, folder)
