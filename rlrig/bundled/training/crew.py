"""Training in several processes: those that torchrun started, or this one alone.

Two processes of one thread train a small model on two cores faster than one process of two threads does, and wait for
nobody's spinning when something else runs there.
"""

import os
from dataclasses import dataclass

import torch
from torch import distributed, nn


def rank() -> int:
    """Which process of the crew this is, 0 the leader; worker processes that it starts have the same."""
    return int(os.environ.get("RANK", "0"))


def share(batch: int) -> int:
    """This process's part of a batch, of the same size in all: what cannot be shared out is left out, one is not."""
    return max(1, batch // _size())


def _size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


@dataclass(frozen=True)
class Crew:
    """Processes with the same weights, each with data of its own. The leader alone measures, logs and saves."""

    rank: int
    size: int

    @classmethod
    def gather(cls, step: int = 0) -> "Crew":
        """Meet the others of torchrun's; from here on noise differs from rank to rank, and from that before `step`."""
        size = _size()
        if size > 1:
            distributed.init_process_group("gloo")
            torch.manual_seed(torch.initial_seed() + step * size + rank())
        return cls(rank(), size)

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def agree(self, model: nn.Module, clock: float) -> float:
        """Average the gradients of `model` over the crew; the leader's clock, for all to keep the same time."""
        if self.size == 1:
            return clock
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        told = torch.tensor([clock if self.leads else 0.0])
        flat = torch.cat([told.to(grads[0]), *(grad.flatten() for grad in grads)])
        distributed.all_reduce(flat)
        for grad, mean in zip(grads, (flat[1:] / self.size).split([grad.numel() for grad in grads]), strict=True):
            grad.copy_(mean.view_as(grad))
        return float(flat[0])

    def part(self) -> None:
        """The work is done: the leader goes on alone, the others leave."""
        if self.size == 1:
            return
        distributed.destroy_process_group()
        if not self.leads:
            raise SystemExit(0)
        os.environ["WORLD_SIZE"] = "1"  # what the leader trains next, it trains alone
