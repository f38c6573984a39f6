"""Losses over the tokens of completions, equal in value and gradient to trl's GRPOTrainer (huggingface/trl 1.16)."""

from typing import Literal, get_args

import torch
from torch import Tensor

from rlrig_eval.errors import UsageError

Kind = Literal["grpo", "bnpo", "dr_grpo", "dapo", "gspo", "cispo"]
KL = Literal["k3", "weighted_k3"]
_BY_SEQUENCE = ("grpo", "gspo")  # a mean over the tokens of each completion first


def token_loss(
    logp: Tensor,
    old_logp: Tensor,
    advantages: Tensor,
    mask: Tensor,
    kind: Kind = "dapo",
    eps_low: float = 0.2,
    eps_high: float = 0.2,
    delta: float | None = None,
    beta: float = 0.0,
    ref_logp: Tensor | None = None,
    kl: KL = "k3",
    max_length: int | None = None,
    total: Tensor | float | None = None,
) -> Tensor:
    """The loss, a scalar, of `logp` (B, T) at `old_logp` (B, T), `advantages` (B,), `mask` (B, T) of completion tokens.

    With l = logp - old_logp and w = exp(l) a token, or for gspo w = exp(mean of l over the completion) a completion:
    -min(min(w, delta) A, clip(w, 1 - eps_low, 1 + eps_high) A); for cispo -min(w, eps_high) A logp with the weight held
    fixed, where eps_high is the cap itself (5, not .2). Then + beta k3(ref_logp, logp), and the sum over tokens
    divided as `kind` says. "weighted_k3" multiplies k3 by w, which makes its gradient that of the KL off policy too
    (DeepSeek-V3.2; trl's use_bias_correction_kl).

    `total` is what the sum is divided by; None takes `denominator` of this batch. A micro-batch is given that of its
    whole batch: the losses, and so the gradients, of the parts then add up to those of the whole.

    Raises UsageError for an unknown kind, a beta without `ref_logp`, or dr_grpo without `max_length`.
    """
    if kind not in get_args(Kind):
        raise UsageError.unknown("token loss", kind, get_args(Kind))
    mask = mask.to(logp.dtype)
    a = advantages[:, None]
    ratio = importance(logp, old_logp, mask, kind)
    if kind == "cispo":
        loss = -ratio.clamp(max=eps_high).detach() * a * logp
    else:
        free = ratio if delta is None else ratio.clamp(max=delta)
        loss = -torch.min(free * a, ratio.clamp(1 - eps_low, 1 + eps_high) * a)
    if beta:
        if ref_logp is None:
            raise UsageError("a KL penalty needs the log-probabilities of the reference policy")
        penalty = k3(ref_logp, logp)
        loss = loss + beta * (penalty * ratio if kl == "weighted_k3" else penalty)
    if kind in _BY_SEQUENCE:
        loss = loss / mask.sum(-1, keepdim=True).clamp(min=1)
    return (loss * mask).sum() / (denominator(kind, mask, max_length) if total is None else total)


def importance(logp: Tensor, old_logp: Tensor, mask: Tensor, kind: Kind) -> Tensor:
    """The ratio w that is clipped: (B, T), or for gspo (B, 1)."""
    log_ratio = logp - old_logp
    if kind == "gspo":
        log_ratio = ((log_ratio * mask).sum(-1) / mask.sum(-1).clamp(min=1))[:, None]
    return log_ratio.exp()


def denominator(kind: Kind, mask: Tensor, max_length: int | None = None) -> Tensor:
    """What `kind` divides the sum over `mask` (B, T) by: completions, tokens, or for dr_grpo B * max_length.

    bnpo and dapo both divide by tokens: of the micro-batch the one, of the whole batch the other.

    Raises UsageError for dr_grpo without `max_length`.
    """
    if kind in _BY_SEQUENCE:
        return mask.new_tensor(float(len(mask)), dtype=torch.float32)
    if kind != "dr_grpo":
        return mask.sum().float().clamp(min=1)
    if max_length is None:
        raise UsageError("dr_grpo divides by the longest completion that is allowed: give max_length")
    return mask.new_tensor(float(len(mask) * max_length), dtype=torch.float32)


def k3(ref_logp: Tensor, logp: Tensor) -> Tensor:
    """Schulman's k3 estimate of KL(policy || reference) a token: exp(d) - d - 1 >= 0, d = ref_logp - logp."""
    d = ref_logp - logp
    return d.exp() - d - 1
