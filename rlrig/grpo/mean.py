"""The mean of what several runs trained of the editor: what each learned alike stays, what its own rollouts led it to
shrinks (weight averaged rewarded policies, arXiv 2406.16768; here without its spherical step). Adapters that look at
different directions of a layer hardly overlap, so that some multiple of the mean (`--scale`) may do more than it.

python -m rlrig.grpo.mean runs/grpo/editor-0 runs/grpo/editor-1 --out runs/grpo/editor-mean
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers.loaders.lora_base import LORA_ADAPTER_METADATA_KEY, LORA_WEIGHT_NAME_SAFE
from rich.console import Console
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from rlrig.backends.bases import note_base, require_base
from rlrig.grpo.bundle import EXPORTED, rows, summary
from rlrig.grpo.config import Config, load_config
from rlrig.grpo.evaluation import dev_pictures, evaluate
from rlrig.grpo.log import Log
from rlrig.grpo.system import load_system
from rlrig.presets import BESIDE, Rl, load_preset, save_preset
from rlrig_eval.errors import UsageError, leave
from rlrig_eval.folders import writable

ADAPTER = EXPORTED["editor"]


def mean_lora(adapters: Sequence[Path], scale: float = 1.0) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Weights and metadata of one LoRA whose change of every layer is `scale` times the mean of those that `adapters`
    (folders) make.

    Of n adapters of rank r it has rank n r: A = [A_1; ...; A_n], B = scale [B_1, ..., B_n] / n, and alpha n times as
    large, so that alpha over rank, which scales it, stays.

    Raises UsageError for one that cannot be read, or of other layers, another rank or another scale than the first.
    """
    read = [_read(folder / LORA_WEIGHT_NAME_SAFE) for folder in adapters]
    (first, told), n = read[0], len(read)
    shape = {name: tensor.shape for name, tensor in first.items()}
    for folder, (tensors, metadata) in zip(adapters, read, strict=True):
        if {name: tensor.shape for name, tensor in tensors.items()} != shape or _scale(metadata) != _scale(told):
            raise UsageError(f"{folder}: has other layers, another rank or another alpha than {adapters[0]}")
    joined = dict[str, Tensor]()
    for name in first:
        each = [tensors[name] for tensors, _ in read]
        joined[name] = torch.cat(each) if "lora_A" in name else torch.cat(each, dim=1) * (scale / n)
    settings = json.loads(told[LORA_ADAPTER_METADATA_KEY])
    for name in ("transformer.r", "transformer.lora_alpha"):
        settings[name] *= n
    return joined, told | {LORA_ADAPTER_METADATA_KEY: json.dumps(settings, indent=2)}


def mean(runs: Sequence[Path], config: Config, out: Path, scale: float = 1.0) -> Path:
    """Write `scale` times the mean of what `runs` exported to `out`/export, as a run does; log its figures on dev,
    without and with it. `config` says of which system, and how it is evaluated.

    Raises UsageError for a run that exported no adapter of an editor, or one of another base, or a folder that holds a
    run.
    """
    adapters = [run / "export" / ADAPTER for run in runs]
    preset = config.preset()
    for run, adapter in zip(runs, adapters, strict=True):
        if not adapter.is_dir():
            raise UsageError(f"{run}: holds no export/{ADAPTER}: has the run ended, and was it of phase editor?")
        require_base(str(adapter), preset.editor.checkpoint)
    if (out / "log.jsonl").exists():
        raise UsageError(f"{out}: holds a run already: choose another --out")
    tensors, metadata = mean_lora(adapters, scale)
    log = Log(writable(out), Console())
    target = out / "export" / ADAPTER
    target.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target / LORA_WEIGHT_NAME_SAFE, metadata=metadata)
    note_base(target, preset.editor.checkpoint)
    trained = preset.trained.model_copy(update={"editor": f"{BESIDE}{ADAPTER}"})
    rl: Rl = "both" if preset.rl == "actor" else "editor"
    save_preset(preset.model_copy(update={"trained": trained, "rl": rl}), out / "export")
    share = scale / len(runs)
    spent = [log.run(run.name, "editor", share, *summary("editor", rows(run / "log.jsonl"))) for run in runs]
    begun = load_system(config, "editor")
    dev = dev_pictures(config, begun)  # what a picture is before it is edited does not depend on the editor
    log.evaluation({"step": 0, "phase": "editor", **evaluate(begun, dev, config.seed)})
    summed = config.model_copy(update={"system": load_preset(out / "export" / "preset.yaml"), "rl": None})
    found = evaluate(load_system(summed, "editor"), dev, config.seed)
    log.evaluation({"step": sum(spent), "phase": "editor", **found})
    return target


def _read(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(file, "pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as problem:
        raise UsageError(f"{file}: cannot be read ({problem})") from problem


def _scale(metadata: dict[str, str]) -> float:
    settings = json.loads(metadata[LORA_ADAPTER_METADATA_KEY])
    return float(settings["transformer.lora_alpha"] / settings["transformer.r"])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="the runs' folders (--out of rlrig grpo editor)")
    parser.add_argument("--config", default="editor-shapes", help="what they were trained with: a GRPO preset or YAML")
    parser.add_argument("--scale", type=float, default=1.0, help="how many times the mean")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)  # as a run does: sums of another order are other figures
    print(mean(given.runs, load_config(given.config), given.out, given.scale))


if __name__ == "__main__":
    leave(main)
