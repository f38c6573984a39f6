"""A pipeline of the bundled Diffuser's shape with random weights: real classes, nothing to download or train."""

from __future__ import annotations

from pathlib import Path

import torch


def flux(folder: Path) -> Path:
    """A FluxPipeline saved to `folder`, the same weights every time."""
    from diffusers import FluxPipeline

    from rlrig.bundled import vae
    from rlrig.bundled.flow import TextToVelocity, save

    torch.manual_seed(0)
    model, autoencoder = TextToVelocity(), vae.build()
    autoencoder.register_to_config(shift_factor=0.0, scaling_factor=1.0)  # training measures these
    save(FluxPipeline, model, autoencoder, folder)
    return folder
