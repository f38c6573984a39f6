"""One training loop for every bundled model: a time budget, resumable, evaluated as it goes.

The whole state (weights, optimisers, moving average, step, clock, random generators) is written every
CHECKPOINT_EVERY seconds through a temporary file, so that the same command after a kill goes on from there.
Under torchrun the processes share the work (`crew`).
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from rlrig.bundled.training.crew import Crew
from rlrig.precision import has_bfloat16
from rlrig_eval.errors import UsageError

CHECKPOINT_EVERY = 60.0
LOG_EVERY = 100

_OUTER = ("embed", "shared", "lm_head", "norm", "transformer.proj_out")

Loss = Callable[[Any], tuple[Tensor, Mapping[str, float]]]


@dataclass(frozen=True)
class Budget:
    """How long to train, and where the state lives; `start` tells the weights that training begins from, if any.

    `blend` is the share of those weights in what a flow's training saves.
    `compiled`: blocks go through torch.compile first, which wants a C++ compiler.
    """

    minutes: float
    folder: Path
    device: str = "cpu"
    ema: float = 0.995
    warmup_steps: int = 200
    evaluate_every: float = 600.0
    start: str | None = None
    blend: float = 0.0
    compiled: bool = False


def optimisers(model: nn.Module, matrix_rate: float, rate: float, decay: float = 0.01) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the network, AdamW for the rest (embeddings, modulation, convolutions, heads).

    torch's Muon counts in bfloat16: on a CPU without it AdamW takes its place, at the rates that Muon matches.
    """

    def is_inner(name: str, p: Tensor) -> bool:
        return p.ndim == 2 and not any(word in name for word in _OUTER)

    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    matrices = [p for name, p in named if is_inner(name, p)]
    rest = [p for name, p in named if not is_inner(name, p)]
    adamw = partial(torch.optim.AdamW, weight_decay=decay, betas=(0.9, 0.98))
    muon = partial(torch.optim.Muon, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
    found: list[torch.optim.Optimizer] = []
    if rest:
        found.append(adamw(rest, lr=rate))
    if matrices:
        found.append((muon if has_bfloat16(matrices[0].device.type) else adamw)(matrices, lr=matrix_rate))
    return found


def fit(
    model: nn.Module,
    optims: Sequence[torch.optim.Optimizer],
    batches: Callable[[int], Iterator[Any]],
    loss: Loss,
    evaluate: Callable[[nn.Module], Mapping[str, float]],
    budget: Budget,
) -> tuple[nn.Module, dict[str, Any]]:
    """Train `model` until the budget's minutes are spent, counting those before a resume; the averaged model and a log.

    Learning rates warm up, then fall linearly with the time spent, to 2 % at the end of the budget.
    """
    budget.folder.mkdir(parents=True, exist_ok=True)
    average = AveragedModel(model, multi_avg_fn=moving_average(budget.ema))
    bases = [[group["lr"] for group in optim.param_groups] for optim in optims]
    step, spent = _restore(budget, model, average, optims)
    crew = Crew.gather(step)
    stream = batches(step)  # the seed: a resumed run sees fresh data
    started, saved, evaluated = time.monotonic() - spent, time.monotonic(), time.monotonic()
    total, elapsed = budget.minutes * 60, spent

    def save() -> None:
        _save(budget, model, average, optims, step, elapsed)

    def measure() -> dict[str, float]:
        found = dict(evaluate(average.module))
        _write(log, {"step": step, "seconds": round(elapsed), **{f"dev_{k}": v for k, v in found.items()}})
        return found

    with (budget.folder / "log.jsonl").open("a") as log:
        while elapsed < total:
            value, parts = loss(next(stream))
            value.backward()
            elapsed = crew.agree(model, time.monotonic() - started)
            _set_rates(optims, bases, min(1.0, (step + 1) / budget.warmup_steps) * max(0.02, 1 - elapsed / total))
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optim in optims:
                optim.step()
                optim.zero_grad(set_to_none=True)
            step += 1
            average.update_parameters(model)
            if not crew.leads:
                continue
            if step % LOG_EVERY == 0:
                clock = {"seconds": round(elapsed), "left": round(total - elapsed)}
                _write(log, {"step": step, **clock, "loss": float(value.detach()), **parts})
            if time.monotonic() - evaluated > budget.evaluate_every:
                measure()
                evaluated = time.monotonic()
            if time.monotonic() - saved > CHECKPOINT_EVERY:
                save()
                saved = time.monotonic()
        crew.part()
        save()
        final = measure()
    spent_on = {"steps": step, "minutes": round(budget.minutes, 1), "processes": crew.size}
    return average.module, spent_on | {"dev": final}


def moving_average(decay: float) -> Callable[[list[Tensor], list[Tensor], Tensor], None]:
    """Exponential, with less of a memory at first, so that a short training is not averaged with its beginning."""

    @torch.no_grad()
    def blend(averages: list[Tensor], weights: list[Tensor], count: Tensor) -> None:
        n = int(count)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (1 + n) / (10 + n)))

    return blend


def _set_rates(optims: Sequence[torch.optim.Optimizer], bases: list[list[float]], factor: float) -> None:
    for optim, base in zip(optims, bases, strict=True):
        for group, rate in zip(optim.param_groups, base, strict=True):
            group["lr"] = rate * factor


def _write(log: Any, row: Mapping[str, Any]) -> None:
    line = json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()})
    log.write(line + "\n")
    log.flush()
    print(line, flush=True)


def _save(
    budget: Budget,
    model: nn.Module,
    average: nn.Module,
    optims: Sequence[torch.optim.Optimizer],
    step: int,
    spent: float,
) -> None:
    state = {
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optims": [optim.state_dict() for optim in optims],
        "step": step,
        "spent": spent,
        "start": budget.start,
        "rng": torch.get_rng_state(),
    }
    path = budget.folder / "state.pt"
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def _restore(
    budget: Budget, model: nn.Module, average: nn.Module, optims: Sequence[torch.optim.Optimizer]
) -> tuple[int, float]:
    path = budget.folder / "state.pt"
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, map_location=budget.device, weights_only=True)
    if state.get("start", budget.start) != budget.start:
        before, now = (f"the weights {one}" if one else "nothing" for one in (state["start"], budget.start))
        raise UsageError(
            f"{path}: of a training that began from {before}, and this one is to begin from {now}; "
            "give --start as it was then, or another --work"
        )
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    for optim, saved in zip(optims, state["optims"], strict=True):
        optim.load_state_dict(saved)
    torch.set_rng_state(state["rng"].cpu())
    print(f"resuming at step {state['step']}, {state['spent'] / 60:.1f} minutes in", flush=True)
    return state["step"], state["spent"]
