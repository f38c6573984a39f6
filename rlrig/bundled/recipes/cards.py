"""A model card beside every bundled checkpoint: which command made it, how long it took, and how good it measured."""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.markdown import table

ABOUT = {
    "vae": "A convolutional autoencoder (AutoencoderKL): 64 x 64 pictures to 8 channels at a quarter.",
    "diffuser": "A small FLUX (FluxPipeline) that draws prompts of the shapes world from nothing.",
    "editor": "A small FLUX Kontext (FluxKontextPipeline) that edits drawings as told.",
    "vlm": "A small Qwen2.5-VL that answers yes/no questions about drawings: the frozen Checker.",
    "actor": "A LoRA adapter on the Checker's base that writes one edit instruction.",
    "judge": "A small Idefics3 that answers yes/no questions: the judge, which no loop ever sees.",
}


def write_card(folder: Path, name: str, log: Mapping[str, Any], device: str, start: Path | None = None) -> None:
    """Write README.md into `folder`: every number is from `log`, which the recipe returned.

    Args:
        start: the checkpoint that training began from, if any; the card holds the hash of its weights.
    """
    cpu = f"CPU, {log.get('processes', 1)} process(es) of {torch.get_num_threads()} thread(s)"
    hardware = torch.cuda.get_device_name(device) if device.startswith("cuda") else cpu
    blend = f" --blend {log['blend']}" if "blend" in log else ""
    command = f"`rlrig train {name} --minutes {log.get('minutes')}{blend}`"
    if start is not None:
        command += f" with `--start`, from the weights {weights_hash(str(start))},"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(
        f"# {name}\n\n{ABOUT[name]}\n\n"
        f"Made by {command} on data drawn on the fly by `rlrig_eval.shapes` "
        f"(seen pairings of the train bucket{'; the judge sees every pairing' if name == 'judge' else ''}).\n\n"
        f"- steps: {log.get('steps')}\n- minutes: {log.get('minutes')}\n- hardware: {hardware} ({platform.machine()})\n"
        f"- torch {torch.__version__}\n- licence: Apache-2.0\n\n"
        f"Measured at the end of training, on held-out drawings:\n\n{_figures(log)}"
    )


def _figures(log: Mapping[str, Any]) -> str:
    """A column for dev prompts and, where it was measured, one for pairings that were not trained on."""
    columns = [name for name in ("dev", "unseen") if name in log]
    names = dict.fromkeys(figure for column in columns for figure in log[column])
    rows = [[figure, *(_shown(log[column].get(figure, "")) for column in columns)] for figure in names]
    return "\n".join(table(["figure", *columns], rows)) + "\n"


def _shown(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
