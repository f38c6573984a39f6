"""Presets: which checkpoint plays which role, how it samples, and the rules of the loop."""

from rlrig.presets.files import BESIDE, load_preset, save_preset
from rlrig.presets.schema import (
    RL,
    Adapter,
    Editor,
    EditorKind,
    Flow,
    Inversion,
    Loop,
    Preset,
    Rl,
    RoleSampling,
    Trained,
    Vlm,
)

__all__ = [
    "BESIDE",
    "RL",
    "Adapter",
    "Editor",
    "EditorKind",
    "Flow",
    "Inversion",
    "Loop",
    "Preset",
    "Rl",
    "RoleSampling",
    "Trained",
    "Vlm",
    "load_preset",
    "save_preset",
]
