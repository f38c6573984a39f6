"""The few places where several processes meet: the leader draws starts, all share rewards, sums and gradients."""

from collections.abc import Sequence
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather
from torch import Tensor

from rlrig.grpo.credit import Scores
from rlrig_eval.errors import UsageError


def from_leader(accelerator: Accelerator, value: Any) -> Any:
    """The leader's `value`, in every process."""
    told = [value]
    if accelerator.num_processes > 1:
        broadcast_object_list(told)
    return told[0]


def mine(accelerator: Accelerator, batches: int, updates: int) -> range:
    """The numbers of this process's batches, side by side.

    Raises UsageError when they cannot be shared out evenly, in each of a step's `updates` as well.
    """
    if batches % (accelerator.num_processes * updates):
        raise UsageError(
            f"{batches} batches a step do not divide into {accelerator.num_processes} processes and {updates} updates"
        )
    each = batches // accelerator.num_processes
    return range(each * accelerator.process_index, each * (accelerator.process_index + 1))


def summed(accelerator: Accelerator, value: float) -> float:
    return float(accelerator.reduce(torch.tensor(value, dtype=torch.float64, device=accelerator.device), "sum"))


def together(accelerator: Accelerator, scored: Sequence[Scores]) -> Scores:
    """The scores of all batches of all processes, in the order of the batches."""

    def whole(name: str, dim: int) -> Tensor:
        own = torch.cat([getattr(each, name) for each in scored], dim).movedim(dim, 0).contiguous()
        found: Tensor = gather(own.to(accelerator.device)).cpu()
        return found.movedim(0, dim)

    return Scores(whole("rewards", 1), whole("idle", 1), whole("open", 1), whole("groups", 0))
