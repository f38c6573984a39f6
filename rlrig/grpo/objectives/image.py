"""Losses of one flow step: (B,) in, (B,) out; the caller decides over what to average.

`logp` is the mean over D dimensions (`kernel.Step.logp`), so the logarithm of a ratio has mean -kappa / 2 and spread
sqrt(kappa / D) for kappa = mean(Delta^2) / std^2 (Delta: new minus old mean): clips of 1e-4 are not small here.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

CLAMP = 5.0  # advantages beyond it say more about a group's spread than about a sample


@dataclass(frozen=True)
class ImageLoss:
    """`loss` (B,); `ratio` (B,), detached; `clipped` (B,) bool: the sample gives no gradient."""

    loss: Tensor
    ratio: Tensor
    clipped: Tensor


def clipped(logp: Tensor, old_logp: Tensor, advantages: Tensor, clip: float = 1e-4) -> ImageLoss:
    """PPO: max(-A r, -A clip(r, 1 - clip, 1 + clip)), A clamped to +-5 (Flow-GRPO, arXiv 2505.05470)."""
    return _pessimistic((logp - old_logp).exp(), advantages, clip)


def ratio_norm(
    logp: Tensor,
    old_logp: Tensor,
    mean: Tensor,
    old_mean: Tensor,
    std: Tensor,
    advantages: Tensor,
    dt: Tensor | float,
    clip: float = 2e-6,
) -> ImageLoss:
    """GRPO-Guard (zhtmike/flow_grpo scripts/train_sd3_GRPO_Guard.py): a ratio centred on 1, and the loss over -dt.

    r = exp((log-ratio + mean_d(Delta^2) / (2 std^2)) std) = exp(mean_d(z Delta)). `mean`, `old_mean` (B, ...), `std`
    broadcastable to them, the same at all dimensions of a sample; `dt` (B,) or (), negative.
    """
    scale = _per_sample(std, mean)
    shift = _mean((mean - old_mean) ** 2) / (2 * scale**2)
    found = _pessimistic(((logp - old_logp + shift) * scale).exp(), advantages, clip)
    return ImageLoss(found.loss / -dt, found.ratio, found.clipped)


def dppo(
    logp: Tensor, old_logp: Tensor, mean: Tensor, old_mean: Tensor, std: Tensor, advantages: Tensor, limit: float = 1e-5
) -> ImageLoss:
    """DPPO (Tencent UniRL): no clip; a sample that moved by kl >= limit is dropped when it would move further."""
    ratio, a = (logp - old_logp).exp(), advantages.clamp(-CLAMP, CLAMP)
    far = (_mean((mean - old_mean) ** 2 / (2 * std**2)) >= limit).detach()
    dropped = far & (((ratio > 1) & (a > 0)) | ((ratio < 1) & (a < 0))).detach()
    return ImageLoss(torch.where(dropped, 0.0, -a * ratio), ratio.detach(), dropped)


def nft(
    v: Tensor,
    v_old: Tensor,
    clean: Tensor,
    noise: Tensor,
    sigma: Tensor,
    advantages: Tensor,
    b: float = 1.0,
    largest: float = CLAMP,
    v_ref: Tensor | None = None,
    beta: float = 1e-4,
) -> Tensor:
    """DiffusionNFT (NVlabs/DiffusionNFT scripts/train_nft_sd3.py): the forward process, no log-probability; (B,).

    x_t = (1 - t) clean + t noise; v+ = b v + (1 - b) v_old, v- = (1 + b) v_old - b v, x+- = x_t - t v+-;
    r = clip(A / (2 A_max) + 1/2, 0, 1);
    L = A_max [r |x+ - x0|^2 / w+ + (1 - r) |x- - x0|^2 / w-] / b + beta |v - v_ref|^2, all means over dimensions,
    w+- = mean |x+- - x0| without gradient, at least 1e-5. `sigma` (B,) in (0, 1].
    """
    t = sigma.reshape(-1, *[1] * (clean.ndim - 1))
    noisy, v_old = (1 - t) * clean + t * noise, v_old.detach()
    towards, away = b * v + (1 - b) * v_old, (1 + b) * v_old - b * v
    share = (advantages / (2 * largest) + 0.5).clamp(0, 1)
    loss = (
        largest * (share * _weighed(noisy - t * towards, clean) + (1 - share) * _weighed(noisy - t * away, clean)) / b
    )
    return loss if v_ref is None else loss + beta * _mean((v - v_ref.detach()) ** 2)


def gaussian_kl(mean: Tensor, reference: Tensor, std: Tensor) -> Tensor:
    """KL(N(mean, std) || N(reference, std)), exact, averaged over dimensions; (B,).

    Raises RuntimeError where `mean` carries no gradient: such a penalty is a number in the log and nothing else.
    """
    if not mean.requires_grad:
        raise RuntimeError("the KL penalty carries no gradient: its mean was computed under no_grad")
    return _mean((mean - reference.detach()) ** 2 / (2 * std**2))


def _pessimistic(ratio: Tensor, advantages: Tensor, clip: float) -> ImageLoss:
    a = advantages.clamp(-CLAMP, CLAMP)
    free, bound = -a * ratio, -a * ratio.clamp(1 - clip, 1 + clip)
    return ImageLoss(torch.maximum(free, bound), ratio.detach(), (bound > free).detach())


def _weighed(predicted: Tensor, clean: Tensor) -> Tensor:
    weight = _mean((predicted - clean).abs()).detach().clamp(min=1e-5)
    return _mean((predicted - clean) ** 2) / weight


def _mean(x: Tensor) -> Tensor:
    return x.flatten(1).mean(1)


def _per_sample(std: Tensor, like: Tensor) -> Tensor:
    """`std` as (B,) or (): the same at all dimensions of a sample."""
    return std.expand(len(like), *std.shape[1:]).flatten(1)[:, 0] if std.ndim else std
