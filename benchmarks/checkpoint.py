"""A pipeline of the bundled Diffuser's size with random weights: speed does not depend on what it learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def quiet() -> None:
    """No bars and no advice from the libraries between the lines of the table."""
    import diffusers.utils.logging
    import transformers.utils.logging

    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def write(folder: Path) -> None:
    """Save the FluxPipeline to `folder`, as the recipe of the bundled Diffuser does."""
    import torch
    from diffusers import FluxPipeline

    from rlrig.bundled.recipes import vae
    from rlrig.bundled.training.flow import TextToVelocity, save

    torch.manual_seed(0)
    autoencoder = vae.build()
    autoencoder.register_to_config(shift_factor=0.0)  # the recipe measures it; a pipeline needs one
    save(FluxPipeline, TextToVelocity(32), autoencoder, folder)


def load(folder: Path) -> Any:
    """The pipeline as a user of diffusers would load it."""
    import torch
    from diffusers import DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
