"""A rollout of a flow: random steps inside a window, ODE steps outside, and all that a replay of them needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from rlrig.grpo.kernel import Kind, Step, step
from rlrig.grpo.windows import Window
from rlrig_eval.errors import UsageError

Velocity = Callable[[Tensor, float], Tensor]
"""Of x (B, ...) float32 at a sigma: the velocity (B, ...)."""


@dataclass(frozen=True)
class Trajectory:
    """The K random steps of B samples: where each began, where it went, and how likely that was; all float32.

    `x`, `x_next`, `mean` (K, B, ...); `logp` (K, B); `final` (B, ...), the sample itself; `sigmas` has one entry more
    than there are steps, falling from 1 to 0.
    """

    window: Window
    sigmas: tuple[float, ...]
    kind: Kind
    a: float
    x: Tensor
    x_next: Tensor
    mean: Tensor
    logp: Tensor
    final: Tensor

    def dt(self, k: int) -> float:
        """The length of the k-th random step, negative."""
        return self.sigmas[self.window[k] + 1] - self.sigmas[self.window[k]]


@torch.no_grad()
def sample(
    velocity: Velocity, x: Tensor, sigmas: Sequence[float], window: Window, noise: Tensor, kind: Kind, a: float
) -> Trajectory:
    """Walk `x` (B, ...) down the `sigmas`; the k-th step of the window adds `noise` (K, B, ...)[k].

    Raises UsageError for a window that is not rising or holds the last step.
    """
    steps = len(sigmas) - 1
    if list(window) != sorted(set(window)) or not set(window) <= set(range(steps - 1)):
        raise UsageError(f"window {window} of {steps} steps: indices must rise, and the last step is never trained")
    x, walked = x.float(), list[tuple[Tensor, Step]]()
    for i, (s, after) in enumerate(pairwise(sigmas)):
        random = i in window
        made = step(x, velocity(x, s), s, after, noise[len(walked)] if random else None, kind if random else "ode", a)
        if random:
            walked.append((x, made))
        x = made.x_next
    return Trajectory(
        window=window,
        sigmas=tuple(sigmas),
        kind=kind,
        a=a,
        x=_stack([before for before, _ in walked], x),
        x_next=_stack([made.x_next for _, made in walked], x),
        mean=_stack([made.mean for _, made in walked], x),
        logp=_stack([made.logp for _, made in walked if made.logp is not None], x.new_zeros(len(x))),
        final=x,
    )


@dataclass(frozen=True)
class Forward:
    """Samples `final` (B, ...), to be mixed with `noise` (K, B, ...) at K `sigmas`, and the velocities (K, B, ...)
    there of the policy that drew them: what DiffusionNFT trains on."""

    sigmas: tuple[float, ...]
    noise: Tensor
    v_old: Tensor
    final: Tensor

    def mixed(self, k: int) -> Tensor:
        return (1 - self.sigmas[k]) * self.final + self.sigmas[k] * self.noise[k]


@torch.no_grad()
def forward(velocity: Velocity, final: Tensor, sigmas: Sequence[float], window: Window, noise: Tensor) -> Forward:
    """The forward process from `final` (B, ...) at the sigmas of `window`, with `noise` (K, B, ...)."""
    chosen = tuple(sigmas[i] for i in window)
    mixed = [(1 - s) * final + s * noise[k] for k, s in enumerate(chosen)]
    return Forward(chosen, noise, torch.stack([velocity(x, s) for x, s in zip(mixed, chosen, strict=True)]), final)


def replay(velocity: Velocity, recorded: Trajectory, k: int) -> Step:
    """The k-th random step again under `velocity`, to the x_next that was recorded; its `logp` carries the gradient."""
    i, x = recorded.window[k], recorded.x[k]
    s, after = recorded.sigmas[i], recorded.sigmas[i + 1]
    return step(x, velocity(x, s), s, after, kind=recorded.kind, a=recorded.a, x_next=recorded.x_next[k])


def _stack(tensors: Sequence[Tensor], like: Tensor) -> Tensor:
    return torch.stack(list(tensors)) if tensors else like.new_zeros(0, *like.shape)
