"""The weights of one phase on their way: optimiser, warm-up, moving average."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel
from torch import Tensor, nn

from rlrig.grpo.config import Optimiser
from rlrig_eval.errors import RunError


class _Average(EMAModel):
    """The library's average, which would begin as a copy of what the first update left, with Flow-GRPO's decays."""

    def get_decay(self, optimization_step: int) -> float:
        n = optimization_step - 1  # the ticks before this one
        return min((1 + n) / (10 + n), self.decay)


class Learner:
    """AdamW on named parameters; its average has the decay min((1 + n) / (10 + n), ema) of Flow-GRPO, n from 0."""

    def __init__(self, parameters: Mapping[str, nn.Parameter], options: Optimiser) -> None:
        self.parameters, self._options = dict(parameters), options
        self._list = list(self.parameters.values())
        self.optimiser = torch.optim.AdamW(
            self._list, options.lr, options.betas, options.eps, weight_decay=options.weight_decay
        )
        self._warmup = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda n: min(1.0, (n + 1) / max(1, options.warmup))
        )
        self._average = _Average(self._list, decay=options.ema)

    def update(self, accelerator: Accelerator) -> float:
        """One optimiser step on the gradients of all processes, summed, and one tick of the average; the norm.

        Raises RunError for a gradient that is not finite, before it has touched a weight.
        """
        for p in self._list:
            p.grad = accelerator.reduce(torch.zeros_like(p) if p.grad is None else p.grad, "sum")
        norm = float(nn.utils.clip_grad_norm_(self._list, self._options.max_grad_norm))
        if not math.isfinite(norm):
            raise RunError(f"the norm of the gradient is {norm}: stopped before the weights are lost")
        self.optimiser.step()
        self._warmup.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._average.step(self._list)
        return norm

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within, the weights are their average."""
        self._average.store(self._list)
        self._average.copy_to(self._list)
        try:
            yield
        finally:
            self._average.restore(self._list)

    def average(self) -> dict[str, Tensor]:
        """A copy of the averaged weights by name."""
        return {name: value.clone() for name, value in zip(self.parameters, self._average.shadow_params, strict=True)}

    def put(self, weights: Mapping[str, Tensor]) -> None:
        """Replace the weights by those given, by name."""
        with torch.no_grad():
            for name, p in self.parameters.items():
                p.copy_(weights[name])

    def state(self) -> dict[str, Any]:
        return {
            "weights": {name: p.detach() for name, p in self.parameters.items()},
            "optimiser": self.optimiser.state_dict(),
            "warmup": self._warmup.state_dict(),
            "average": self._average.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        self.put(state["weights"])
        self.optimiser.load_state_dict(state["optimiser"])
        self._warmup.load_state_dict(state["warmup"])
        self._average.load_state_dict(state["average"])
        self._average.to(device=self._list[0].device)  # as AdamW does by itself: a checkpoint is read on the CPU
