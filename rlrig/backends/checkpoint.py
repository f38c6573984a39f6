"""Open a checkpoint by `bundled:NAME`, folder or Hub id, with an error a user can act on."""

from pathlib import Path
from typing import Any

import torch

from rlrig_eval import assets
from rlrig_eval.errors import UsageError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def locate(name: str | Path) -> str:
    """The folder of `bundled:NAME`, else the name itself (a folder or a Hub id)."""
    text = str(name)
    return str(assets.checkpoint(text.removeprefix("bundled:"))) if text.startswith("bundled:") else text


def open_checkpoint(pipeline_class: Any, name: str | Path, dtype: str, device: str) -> Any:
    """A diffusers pipeline in evaluation mode, its own progress bar hidden.

    Raises:
        UsageError: the checkpoint is missing, truncated, or of another class.
    """
    path = locate(name)
    try:
        pipeline = pipeline_class.from_pretrained(path, dtype=DTYPES[dtype], use_safetensors=True)
    except Exception as error:  # the loaders raise a dozen kinds; all mean that this checkpoint is unusable
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UsageError(f"checkpoint {name}: cannot be loaded from {path}: {first}") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)
