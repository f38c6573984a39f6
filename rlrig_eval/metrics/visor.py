"""VISOR on SR2D (arXiv 2212.10015; microsoft/VISOR `visor.py` and its notebook)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import nan
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rlrig_eval.metrics.boxes import Point
from rlrig_eval.metrics.variant import Variant, is_corrected

THRESHOLD = 0.1  # an OWL-ViT detection counts above this confidence
IMAGES = 4  # of each prompt, in the paper
QUERY = "a photo of a {category}"
RELATIONS = {
    "to the left of": (-1, 0),
    "to the right of": (1, 0),
    "above": (0, -1),
    "below": (0, 1),
}


class VISOR(NamedTuple):
    """Shares in [0, 1].

    `oa`: images in which both objects were found. `cond`: of those, the ones in which the relation holds. `uncond`:
    images with both. `n1` to `n4`: prompts with at least so many such images. NaN where there is nothing to take a
    share of: `cond` when nothing was found, `n` above the images that a prompt has.
    """

    oa: float
    uncond: float
    cond: float
    n1: float
    n2: float
    n3: float
    n4: float


def visor_sra(
    relation: str, centres_1: Sequence[Point], centres_2: Sequence[Point], variant: Variant = "published"
) -> bool:
    """Whether object 1 is `relation` object 2, from the centres of their detections, most confident first.

    "published": any pair of detections has the strict sign along the axis, with no margin; with several detections a
    relation and its opposite can both hold. "corrected": the most confident detection of each decides.

    Raises:
        ValueError: `relation` is none of the four.

    >>> visor_sra("above", [(10, 10)], [(300, 11)]), visor_sra("below", [(10, 10)], [(300, 11)])
    (True, False)
    """
    if relation not in RELATIONS:
        raise ValueError(f"unknown relation {relation!r}: VISOR has {', '.join(RELATIONS)}")
    step_x, step_y = RELATIONS[relation]
    most = 1 if is_corrected(variant) else None
    pairs = product(centres_1[:most], centres_2[:most])
    return any(step_x * (x1 - x2) + step_y * (y1 - y2) > 0 for (x1, y1), (x2, y2) in pairs)


def visor(
    object_accuracy: ArrayLike,
    spatial: ArrayLike,
    images_per_prompt: int | None = None,
    denominator: Literal["all", "found"] = "all",
) -> VISOR:
    """The VISOR family over the images of relational prompts.

    Args:
        object_accuracy: whether both objects were found, an image each: (prompts, images) or flat, the images of a
            prompt side by side.
        spatial: whether the relation holds (`visor_sra`), of the same shape; counts only where both were found.
        images_per_prompt: the images of each prompt. By default a table has as many as columns, a flat array 4.
        denominator: what `n1` to `n4` are shares of: "all" prompts (`visor.py` and the paper), or, as in
            the authors' notebook, those with both objects "found" in at least one image.

    Raises:
        ValueError: no images; the two differ in shape, are neither flat nor tables, do not divide into prompts, or are
            tables with other columns than `images_per_prompt`; an unknown `denominator`.

    >>> visor([1, 1, 1, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0, 0])
    VISOR(oa=0.375, uncond=0.25, cond=0.6666666666666666, n1=0.5, n2=0.5, n3=0.0, n4=0.0)
    """
    found, holds = np.asarray(object_accuracy, dtype=bool), np.asarray(spatial, dtype=bool)
    if found.shape != holds.shape:
        raise ValueError(f"object_accuracy has shape {found.shape}, spatial {holds.shape}")
    if found.ndim not in (1, 2):
        raise ValueError(f"object_accuracy has {found.ndim} dimensions: it is flat, or (prompts, images)")
    if images_per_prompt is None:
        images_per_prompt = found.shape[1] if found.ndim == 2 else IMAGES
    elif found.ndim == 2 and found.shape[1] != images_per_prompt:
        raise ValueError(
            f"object_accuracy has {found.shape[1]} images a prompt, images_per_prompt is {images_per_prompt}"
        )
    if images_per_prompt < 1 or found.size == 0 or found.size % images_per_prompt:
        raise ValueError(f"{found.size} images are not prompts of {images_per_prompt}")
    if denominator not in ("all", "found"):
        raise ValueError(f"unknown denominator {denominator!r}: it is 'all' or 'found'")
    both, right = (flags.reshape(-1, images_per_prompt) for flags in (found, found & holds))
    counts = right.sum(axis=1)
    prompts = len(counts) if denominator == "all" else int(both.any(axis=1).sum())

    def at_least(n: int) -> float:
        return float((counts >= n).sum() / prompts) if prompts and n <= images_per_prompt else nan

    return VISOR(
        oa=float(both.mean()),
        uncond=float(right.mean()),
        cond=float(right.sum() / both.sum()) if both.any() else nan,
        n1=at_least(1),
        n2=at_least(2),
        n3=at_least(3),
        n4=at_least(4),
    )
