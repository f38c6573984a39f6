"""What is minimised: on the image side per (sample, step), on the token side per batch of completions."""

from rlrig.grpo.objectives.image import ImageLoss, clipped, dppo, gaussian_kl, nft, ratio_norm
from rlrig.grpo.objectives.tokens import denominator, importance, k3, token_loss

__all__ = [
    "ImageLoss",
    "clipped",
    "denominator",
    "dppo",
    "gaussian_kl",
    "importance",
    "k3",
    "nft",
    "ratio_norm",
    "token_loss",
]
