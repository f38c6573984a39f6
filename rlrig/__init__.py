"""RL-RIG: generate, reflect, edit. The system of the paper, on diffusers and transformers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlrig.pipeline import RLRIGPipeline

__all__ = ["RLRIGPipeline"]


def __getattr__(name: str) -> Any:
    if name == "RLRIGPipeline":  # on demand: the pipeline imports torch, `rlrig --help` must not
        return import_module("rlrig.pipeline").RLRIGPipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
