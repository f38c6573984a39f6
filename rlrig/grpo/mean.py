"""The mean of what several runs trained of the editor: what each learned alike stays, what its own rollouts led it to
shrinks (weight averaged rewarded policies, arXiv 2406.16768; here without its spherical step). Adapters that look at
different directions of a layer hardly overlap, so that a sum with more of each (`--weight`) may do more than the mean.

python -m rlrig.grpo.mean runs/grpo/editor-0 runs/grpo/editor-1 --out runs/grpo/editor-mean

Runs that were trained on top of an adapter (`--rl both`, or editor) are added to it: it stays whole.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders.lora_base import LORA_ADAPTER_METADATA_KEY, LORA_WEIGHT_NAME_SAFE
from rich.console import Console
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from rlrig.backends.bases import note_base, require_base
from rlrig.grpo.bundle import EXPORTED, RUNS, rows, summary
from rlrig.grpo.config import Config, load_config
from rlrig.grpo.evaluation import dev_pictures, evaluate
from rlrig.grpo.log import Log
from rlrig.grpo.system import load_system
from rlrig.presets import BESIDE, RL, Rl, load_preset, save_preset
from rlrig_eval.checkpoints import locate
from rlrig_eval.errors import UsageError, leave
from rlrig_eval.folders import writable

ADAPTER = EXPORTED["editor"]
_RANK, _ALPHA = "transformer.r", "transformer.lora_alpha"

Lora = tuple[dict[str, Tensor], dict[str, str]]
"""Weights and metadata."""


def sum_lora(adapters: Mapping[Path, float]) -> Lora:
    """One LoRA whose change of every layer is the sum of those that `adapters` (folders) make, each times its share.

    Its rank is the sum of theirs: A = [A_1; ...; A_n], B = [s_1 B_1, ..., s_n B_n]; alpha over rank, which scales it,
    stays.

    Raises UsageError for one that cannot be read, or of other layers, or another scale than the first.
    """
    read = {folder: _read(folder / LORA_WEIGHT_NAME_SAFE) for folder in adapters}
    (name, (first, told)), *_ = read.items()
    for folder, (tensors, metadata) in read.items():
        if _layers(tensors) != _layers(first) or _scale(metadata) != _scale(told):
            raise UsageError(f"{folder}: has other layers, or another alpha over rank, than {name}")
    joined = dict[str, Tensor]()
    for layer in first:
        each = [tensors[layer] for tensors, _ in read.values()]
        joined[layer] = (
            torch.cat(each)
            if "lora_A" in layer
            else torch.cat([share * tensor for share, tensor in zip(adapters.values(), each, strict=True)], dim=1)
        )
    rank = next(len(tensor) for layer, tensor in joined.items() if "lora_A" in layer)
    settings = json.loads(told[LORA_ADAPTER_METADATA_KEY]) | {_RANK: rank, _ALPHA: _scale(told) * rank}
    return joined, told | {LORA_ADAPTER_METADATA_KEY: json.dumps(settings, indent=2)}


def mean(runs: Sequence[Path], config: Config, out: Path, weight: float | None = None) -> Path:
    """Write the sum of `weight` times what each of `runs` exported, or their mean, to `out`/export, as a run does; log
    its figures on dev, without and with it. `config` says of which system, and how it is evaluated; where it has an
    adapter of the editor on, the runs were trained on top of that, and what is made of them is added to it.

    Raises UsageError for a run that exported no adapter of an editor, or one of another base, or is named twice; for a
    folder that holds a run; and where there is nothing to tell which runs the adapter below them is of.
    """
    if twice := [run for run in runs if runs.count(run) > 1]:
        raise UsageError(f"{twice[0]}: is named twice")
    adapters = [run / "export" / ADAPTER for run in runs]
    preset = config.preset()
    for run, adapter in zip(runs, adapters, strict=True):
        if not adapter.is_dir():
            raise UsageError(f"{run}: holds no export/{ADAPTER}: has the run ended, and was it of phase editor?")
        require_base(str(adapter), preset.editor.checkpoint, preset.editor_adapter)
    below = None if preset.editor_adapter is None else Path(locate(preset.editor_adapter))
    earlier = [] if below is None else _runs(below)
    if (out / "log.jsonl").exists():
        raise UsageError(f"{out}: holds a run already: choose another --out")
    share = 1 / len(runs) if weight is None else weight
    tensors, metadata = sum_lora(({} if below is None else {below: 1.0}) | dict.fromkeys(adapters, share))
    log = Log(writable(out), Console())
    target = out / "export" / ADAPTER
    target.mkdir(parents=True, exist_ok=True)
    save_file(tensors, target / LORA_WEIGHT_NAME_SAFE, metadata=metadata)
    note_base(target, preset.editor.checkpoint)
    acting = preset.rl in ("actor", "both")
    trained = preset.trained.model_copy(update={"editor": f"{BESIDE}{ADAPTER}"})
    rl: Rl = "both" if acting else "editor"
    save_preset(preset.model_copy(update={"trained": trained, "rl": rl}), out / "export")
    spent = [log.run(**row) for row in earlier]
    spent += [log.run(run.name, "editor", share, *summary("editor", rows(run / "log.jsonl"))) for run in runs]
    begun = load_system(config.model_copy(update={"rl": "actor" if acting else "none"}), "editor")
    dev = dev_pictures(config, begun)  # what a picture is before it is edited does not depend on the editor
    log.evaluation({"step": 0, "phase": "editor", **evaluate(begun, dev, config.seed)})
    made = config.model_copy(update={"system": load_preset(out / "export" / "preset.yaml"), "rl": None})
    found = evaluate(load_system(made, "editor"), dev, config.seed)
    log.evaluation({"step": sum(spent), "phase": "editor", **found})
    return target


def _runs(adapter: Path) -> list[dict[str, Any]]:
    """What `bundle` noted of the runs that an adapter is the sum of."""
    try:
        found: list[dict[str, Any]] = json.loads((adapter / RUNS).read_text())
    except (OSError, ValueError) as problem:
        raise UsageError(
            f"{adapter}: which runs it is of is not known ({RUNS}: {problem}); `python -m rlrig.grpo.bundle` notes it"
        ) from problem
    return found


def _layers(tensors: Mapping[str, Tensor]) -> dict[str, int]:
    """What each matrix has but its rank: (r, in) of A, (out, r) of B."""
    return {name: tensor.shape["lora_A" in name] for name, tensor in tensors.items()}


def _read(file: Path) -> Lora:
    try:
        with safe_open(file, "pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}, opened.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as problem:
        raise UsageError(f"{file}: cannot be read ({problem})") from problem


def _scale(metadata: dict[str, str]) -> float:
    settings = json.loads(metadata[LORA_ADAPTER_METADATA_KEY])
    return float(settings[_ALPHA] / settings[_RANK])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="the runs' folders (--out of rlrig grpo editor)")
    parser.add_argument("--config", default="editor-shapes", help="what they were trained with: a GRPO preset or YAML")
    parser.add_argument("--rl", choices=RL, help="what they had on; as the config says if not given")
    parser.add_argument("--weight", type=float, help="how much of each run is in the sum; the mean if not given")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)  # as a run does: sums of another order are other figures
    config = load_config(given.config)
    config = config if given.rl is None else config.model_copy(update={"rl": given.rl})
    print(mean(given.runs, config, given.out, given.weight))


if __name__ == "__main__":
    leave(main)
