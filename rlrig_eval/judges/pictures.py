"""What back ends need of a picture, made once: the questions about a picture come one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from PIL import Image

from rlrig_eval.addresses import data_url

Made = TypeVar("Made")
_KEPT = 4  # a pair in both orders is two


class PerPicture(Generic[Made]):
    """A function of a picture that remembers what it made of the last few; a picture is known by being the same object.

    For one thread.
    """

    def __init__(self, make: Callable[[Image.Image], Made]) -> None:
        self._make = make
        self._kept: deque[tuple[Image.Image, Made]] = deque(maxlen=_KEPT)

    def __call__(self, image: Image.Image) -> Made:
        for seen, made in self._kept:
            if seen is image:
                return made
        made = self._make(image)
        self._kept.append((image, made))
        return made


def shrunk_url(image: Image.Image, side: int) -> str:
    """A data URL: PNG, shrunk to `side` pixels on its longer side where it is larger; never enlarged."""
    if max(image.size) > side:
        image = image.copy()
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return data_url(image)
