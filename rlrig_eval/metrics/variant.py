"""Which form of a published rule is meant."""

from __future__ import annotations

from typing import Literal, get_args

Variant = Literal["published", "corrected"]
"""As the benchmark's own code computes it, defects included; or with the defects that docs/metrics.md names mended."""


def is_corrected(variant: Variant) -> bool:
    """Whether the corrected form is meant.

    Raises:
        ValueError: `variant` is neither name.
    """
    if variant not in get_args(Variant):
        raise ValueError(f"unknown variant {variant!r}: it is 'published' or 'corrected'")
    return variant == "corrected"
