"""Checkpoints of the bundled classes with random weights: nothing to download or train."""

from __future__ import annotations

from pathlib import Path

import torch
import yaml

SAMPLING = {"steps": 2, "true_cfg": 2.5, "size": 64, "max_sequence_length": 24, "dtype": "float32"}


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


def _flow(pipeline_class: type, folder: Path) -> Path:
    from rlrig.bundled import vae
    from rlrig.bundled.flow import TextToVelocity, save

    torch.manual_seed(0)
    model, autoencoder = TextToVelocity(64), vae.build(8)
    autoencoder.register_to_config(shift_factor=0.0, scaling_factor=1.0)  # training measures these
    save(pipeline_class, model, autoencoder, folder)
    return folder


def _vlm(folder: Path) -> Path:
    from rlrig.bundled import vlm

    torch.manual_seed(0)
    processor = vlm.build_processor()
    model = vlm.build(processor)
    for weight in model.parameters():
        if weight.ndim == 2:
            torch.nn.init.normal_(weight, std=0.15)  # large enough for answers to differ
    model.half().save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
