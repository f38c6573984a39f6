"""`rlrig grpo`: from what was typed to a run."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from rlrig.grpo import checkpoint
from rlrig.grpo.config import PHASES, load_config
from rlrig.grpo.log import Log, Silent
from rlrig.grpo.plan import plan
from rlrig.grpo.processes import begin
from rlrig.grpo.trackers import tracking
from rlrig_eval.checkpoints import quiet, usable_device
from rlrig_eval.errors import Interrupted, UsageError
from rlrig_eval.folders import writable


def start(
    phase: str,
    config: str | Path | None,
    overrides: Mapping[str, Any],
    out: Path | None = None,
    resume: bool = False,
    dry_run: bool = False,
    threads: int = 1,
    held_out: Any = None,
) -> None:
    """Load, and train or say what it would cost. `overrides` of None leave the config's values; `held_out` is
    a judge of one's own, a `system.HeldOut`.

    Raises UsageError for what was typed wrong, a config or checkpoint that cannot be used, or a folder that holds
    another run; RunError as `trainer.train` does; Interrupted for Ctrl-C once there is a checkpoint to go on from.
    """
    first = next((name for name in PHASES if name == phase), None)
    if first is None:
        raise UsageError.unknown("phase", phase, PHASES)
    told = load_config(config or f"{first}-shapes", {k: v for k, v in overrides.items() if v is not None})
    if told.preset().device.startswith("cuda:"):  # accelerate would put what is shared on the first
        number = told.preset().device.removeprefix("cuda:")
        raise UsageError(f"device cuda:{number}: say cuda, and CUDA_VISIBLE_DEVICES={number} before the command")
    usable_device(told.preset().device)
    folder = out or Path("runs") / "grpo" / told.name
    if not dry_run:  # which writes nothing
        _check(folder, resume)
    torch.set_num_threads(threads)
    with quiet():  # diffusers asks for torchvision as its FLUX is imported
        from rlrig.grpo.run import prepare
        from rlrig.grpo.system import load_system
        from rlrig.grpo.trainer import self_check, train
    begin(cpu=told.preset().device == "cpu")  # before anything is loaded
    run = prepare(told, first, folder, load_system(told, first, held_out))
    if dry_run:
        run.source.peek(told.training(first).groups)
        for name in run.system.phases:
            began = time.monotonic()
            self_check(run, name)
            seconds = time.monotonic() - began
            steps = [told.phase_at(first, step) for step in range(told.steps)].count(name)
            for line in plan(told, name, run.system.preset).lines(told, steps, seconds):
                Console(highlight=False).print(line, soft_wrap=True)
        return
    with tracking(run.accelerator, told.name, {"phase": first}) as track:
        log = Log(folder, Console(), track) if run.accelerator.is_main_process else Silent()
        try:
            train(run, log, resume)
        except KeyboardInterrupt:
            if checkpoint.newest(folder / "checkpoints") is None:
                raise
            raise Interrupted(f"{folder} keeps its checkpoints; the same command with --resume goes on") from None


def _check(folder: Path, resume: bool) -> None:
    found = checkpoint.newest(folder / "checkpoints")
    if resume and found is None:
        raise UsageError(f"{folder}: no checkpoint to resume")
    if not resume and found is not None:
        raise UsageError(f"{folder}: holds a run already ({found.name}): --resume it, or choose another --out")
    writable(folder)
