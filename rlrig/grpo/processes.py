"""The few places where several processes meet: the leader draws starts, all share rewards, sums and gradients."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import broadcast_object_list, gather, gather_object
from torch import Tensor

from rlrig.grpo.credit import Scores
from rlrig_eval.errors import UsageError

PATIENCE = timedelta(hours=2)
"""How long processes wait for each other: the leader draws starts, evaluates and exports alone, and NCCL's own ten
minutes end a run whose evaluation takes longer."""


def begin(cpu: bool) -> None:
    """Join the processes that torchrun started, if it did, and take this one's GPU."""
    PartialState(cpu=cpu, timeout=PATIENCE)


def from_leader(accelerator: Accelerator, value: Any) -> Any:
    """The leader's `value`, in every process."""
    told = [value]
    if accelerator.num_processes > 1:
        broadcast_object_list(told)
    return told[0]


def mine(accelerator: Accelerator, batches: int, updates: int) -> list[int]:
    """The numbers of this process's batches, update by update: in each it has its share of those that are that
    update's in a single process.

    Raises UsageError when they cannot be shared out evenly, in each of a step's `updates` as well.
    """
    if batches % (accelerator.num_processes * updates):
        raise UsageError(
            f"{batches} batches a step do not divide into {accelerator.num_processes} processes and {updates} updates"
        )
    own, rank = batches // updates // accelerator.num_processes, accelerator.process_index
    firsts = (update * batches // updates + rank * own for update in range(updates))
    return [first + i for first in firsts for i in range(own)]


def sum_of_all(accelerator: Accelerator, value: float) -> float:
    """The sum of the values of all processes, in each of them."""
    return float(accelerator.reduce(torch.tensor(value, dtype=torch.float64, device=accelerator.device), "sum"))


def together(accelerator: Accelerator, scored: Sequence[Scores]) -> Scores:
    """The scores of all batches of all processes, in the order of the batches, which is that of the group ids."""

    def whole(name: str, dim: int) -> Tensor:
        own = torch.cat([getattr(each, name) for each in scored], dim).movedim(dim, 0).contiguous()
        found: Tensor = gather(own.to(accelerator.device)).cpu()
        return found

    groups = whole("groups", 0)
    order = groups.argsort(stable=True)
    rewards, idle, solved = (whole(name, 1)[order].movedim(0, 1) for name in ("rewards", "idle", "open"))
    return Scores(rewards, idle, solved, groups[order])


def everyone(accelerator: Accelerator, rows: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """The rows of all processes."""
    found: list[dict[str, float]] = gather_object([dict(row) for row in rows])
    return found
