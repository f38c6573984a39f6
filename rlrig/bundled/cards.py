"""A model card beside every bundled checkpoint: which command made it, how long it took, and how good it measured."""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_ABOUT = {
    "vae": "A convolutional autoencoder (AutoencoderKL): 64 x 64 pictures to 16 channels at an eighth of the side.",
    "diffuser": "A small FLUX (FluxPipeline) that draws prompts of the shapes world from nothing.",
    "editor": "A small FLUX Kontext (FluxKontextPipeline), started from the Diffuser, that edits drawings as told.",
    "vlm": "A small Qwen2.5-VL that answers yes/no questions about drawings: the frozen Checker.",
    "actor": "A LoRA adapter on the Checker's base that writes one edit instruction.",
    "judge": "A small Idefics3 that answers yes/no questions: the judge, which no loop ever sees.",
}


def write_card(folder: Path, name: str, log: Mapping[str, Any], device: str) -> None:
    """Write README.md into `folder`: every number is from `log`, which the recipe returned."""
    hardware = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} thread(s)"
    figures = "\n".join(f"| {key} | {_shown(value)} |" for key, value in dict(log.get("dev", {})).items())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(
        f"# {name}\n\n{_ABOUT[name]}\n\n"
        f"Made by `rlrig train {name} --minutes {log.get('minutes')}` on data drawn on the fly by `rlrig_eval.shapes` "
        f"(seen pairings of the train bucket{'; the judge sees every pairing' if name == 'judge' else ''}).\n\n"
        f"- steps: {log.get('steps')}\n- minutes: {log.get('minutes')}\n- hardware: {hardware} ({platform.machine()})\n"
        f"- torch {torch.__version__}\n- licence: Apache-2.0\n\n"
        f"Measured at the end of training, on held-out drawings:\n\n| figure | value |\n|---|---|\n{figures}\n"
    )


def _shown(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
