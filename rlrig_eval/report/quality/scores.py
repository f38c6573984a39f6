"""CLIP score, zero-shot aesthetics, and distances between two sets of pictures, through torchmetrics."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from rlrig_eval.errors import UsageError
from rlrig_eval.report.quality.clip import Clip

ANCHORS: Mapping[str, tuple[str, str]] = {
    "aesthetic": ("Beautiful photo.", "Ugly photo."),
    "well_made": ("Good photo.", "Bad photo."),
}
"""CLIP-IQA's "beautiful" and "quality" (Wang et al. 2023, arXiv 2207.12396), in the words of torchmetrics."""


def require_torchmetrics() -> None:
    """Raise UsageError where the extra is not installed."""
    try:
        import torchmetrics  # noqa: F401
    except ImportError:
        raise UsageError("quality needs torchmetrics: pip install 'rlrig-eval[quality]'") from None


def clip_scores(clip: Clip, images: Sequence[Image.Image], texts: Sequence[str]) -> list[float]:
    """max(100 cos(picture, text), 0) of each pair (Hessel et al. 2021), in [0, 100]; the CLIP score of torchmetrics."""
    from torchmetrics.functional.multimodal import clip_score

    # One picture and one text at a time, for torchmetrics hands back the mean of what it is given; on the model's
    # device, to which it else would move the model.
    return [
        float(clip_score(_pixels(image).to(clip.model.device), text, lambda: (clip, clip.prepare)))
        for image, text in zip(images, texts, strict=True)
    ]


def anchored(clip: Clip, features: Tensor) -> dict[str, list[float]]:
    """For each of `ANCHORS` the probability of its first text against its second, of each row of (N, D) features.

    softmax(100 cos) over the two. torchmetrics' own class loads its model in a way that transformers 5 has left
    behind, so its formula stands here.
    """
    seen = nn.functional.normalize(features, dim=-1)
    found = {}
    for name, texts in ANCHORS.items():
        likeness = 100 * seen @ nn.functional.normalize(clip.read(texts), dim=-1).T
        found[name] = likeness.softmax(-1)[:, 0].tolist()
    return found


def distances(features: Tensor, reference: Tensor) -> dict[str, float]:
    """How far a set of (N, D) CLIP features lies from a reference set: {"fid_clip", "kid_clip"}; 0 is alike.

    FID_CLIP (Kynkaanniemi et al. 2023, arXiv 2203.06026) is the Frechet distance, biased upwards for few pictures; KID
    (Binkowski et al. 2018, arXiv 1801.01401), which is not, is taken once over as many of each set as both have.

    Raises:
        UsageError: a set of fewer than two pictures.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance
    from torchmetrics.image.kid import KernelInceptionDistance

    count = min(len(features), len(reference))
    if count < 2:
        raise UsageError("a distance needs two pictures or more on both sides")
    found = {}
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.filterwarnings("ignore", "Metric `.*` will save all extracted features", UserWarning)
        torch.manual_seed(0)  # which of the larger set are taken
        metrics: dict[str, Any] = {
            "fid_clip": FrechetInceptionDistance(feature=_Given(features.shape[-1])),
            "kid_clip": KernelInceptionDistance(feature=_Given(features.shape[-1]), subsets=1, subset_size=count),
        }
        for name, metric in metrics.items():
            metric.update(reference, real=True)
            metric.update(features, real=False)
            value = metric.compute()
            found[name] = float(value[0] if isinstance(value, tuple) else value)
    return found


class _Given(nn.Module):
    """In the place of an Inception network: what is handed in are features already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def _pixels(image: Image.Image) -> Tensor:
    import numpy as np

    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)
