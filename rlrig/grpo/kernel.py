"""One step of a rectified flow, random or not: the same function draws a rollout and replays it.

Sigma s runs from 1 (noise) to 0 (data): x_s = (1 - s) x0 + s eps, velocity v = eps - x0, dt = s' - s < 0.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from rlrig_eval.errors import UsageError

Kind = Literal["flow", "dance", "cps", "ode"]


@dataclass(frozen=True)
class Step:
    """`x_next` and `mean` (B, ...), `std` broadcastable to them, `logp` (B,); all float32.

    `logp` is the mean over all dimensions but the first, not the sum; None where the step has no density (an ODE step,
    and CPS at sigma 0). For CPS it is minus the mean squared error, as published, which is no density either.
    """

    x_next: Tensor
    mean: Tensor
    std: Tensor
    logp: Tensor | None


def step(
    x: Tensor,
    v: Tensor,
    sigma: float | Tensor,
    sigma_next: float | Tensor,
    noise: Tensor | None = None,
    kind: Kind = "flow",
    a: float = 0.7,
    x_next: Tensor | None = None,
) -> Step:
    """One step from `x` (B, ...) with velocity `v`, from `sigma` to `sigma_next` < `sigma`, numbers or (B,) tensors.

    Sampling gives standard normal `noise`, replay gives the recorded `x_next`. `a` is the amount of noise.
    flow: g = a sqrt(s / (1 - s)), at s = 1 with 1 - s' below (Flow-GRPO, arXiv 2505.05470, eq. of its SDE;
    yifan123/flow_grpo sd3_sde_with_logprob.py). dance: g = a (XueZeyue/DanceGRPO, flux_step).
    Both: mean = x + [v + g^2 / (2 s) (x + (1 - s) v)] dt, std = g sqrt(-dt).
    cps: st = s' sin(a pi / 2), mean = (1 - s') x0_hat + sqrt(s'^2 - st^2) eps_hat, std = st (IamCreateAI/FlowCPS).

    Raises UsageError for an unknown kind, shapes or sigmas that do not fit, or neither or both of noise and x_next.
    """
    if kind not in get_args(Kind):
        raise UsageError.unknown("flow step", kind, get_args(Kind))
    if kind != "ode" and (noise is None) == (x_next is None):
        raise UsageError(f"a {kind} step needs noise (to sample) or x_next (to replay), and not both")
    for name, tensor in (("v", v), ("noise", noise), ("x_next", x_next)):
        if tensor is not None and tensor.shape != x.shape:
            raise UsageError(f"flow step: {name} has shape {tuple(tensor.shape)}, x has {tuple(x.shape)}")
    x, v = x.float(), v.float()
    s, after = _level(sigma, x), _level(sigma_next, x)
    if not bool(((after >= 0) & (after < s) & (s <= 1)).all()):
        raise UsageError("flow step: sigma must fall, with 0 <= sigma_next < sigma <= 1")
    mean, std = _cps(x, v, s, after, a) if kind == "cps" else _euler(x, v, s, after, kind, a)
    if x_next is not None:
        x_next = x_next.float()
    else:
        x_next = mean if kind == "ode" or noise is None else mean + std * noise.float()
    return Step(x_next, mean, std, _logp(x_next, mean, std, kind))


def _euler(x: Tensor, v: Tensor, s: Tensor, after: Tensor, kind: Kind, a: float) -> tuple[Tensor, Tensor]:
    dt = after - s
    if kind == "flow":
        g2 = a**2 * s / torch.where(s == 1, 1 - after, 1 - s)
    else:
        g2 = torch.full_like(s, a**2 if kind == "dance" else 0.0)
    return x + (v + g2 / (2 * s) * (x + (1 - s) * v)) * dt, (g2 * -dt).sqrt()


def _cps(x: Tensor, v: Tensor, s: Tensor, after: Tensor, a: float) -> tuple[Tensor, Tensor]:
    std = after * math.sin(a * math.pi / 2)
    return (1 - after) * (x - s * v) + (after**2 - std**2).clamp(min=0).sqrt() * (x + (1 - s) * v), std


def _logp(x_next: Tensor, mean: Tensor, std: Tensor, kind: Kind) -> Tensor | None:
    if kind == "ode" or bool((std == 0).any()):
        return None
    # The sample is a constant to the score function: no gradient through x_next = mean + std z.
    squared = (x_next.detach() - mean) ** 2
    if kind != "cps":
        return (-squared / (2 * std**2) - std.log() - 0.5 * math.log(2 * math.pi)).flatten(1).mean(1)
    return -squared.flatten(1).mean(1)


def _level(sigma: float | Tensor, x: Tensor) -> Tensor:
    """A number or (B,) as float32 that broadcasts over `x`."""
    level = torch.as_tensor(sigma, dtype=torch.float32, device=x.device)
    return level.reshape(-1, *[1] * (x.ndim - 1))
