"""Which pictures the harness takes from a model, and how pixel arrays become pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rlrig_eval.models.contract import Drawn, Failure, Picture

MAX_SIDE = 8192
Size = tuple[int, int]


def stated_size(settings: Mapping[str, Any]) -> Size | None:
    """(width, height) in pixels where `settings` state them, as `size` or as `width` and `height`.

    >>> stated_size({"size": 64}), stated_size({"width": 96, "height": 64}), stated_size({"steps": 4})
    ((64, 64), (96, 64), None)
    """
    size = settings.get("size", (settings.get("width"), settings.get("height")))
    pair = tuple(size) if isinstance(size, Sequence) else (size, size)
    if len(pair) == 2 and all(isinstance(side, int) and not isinstance(side, bool) for side in pair):
        return pair[0], pair[1]
    return None


def admit(drawn: Any, size: Size | None) -> Picture | Failure:
    """What a model handed back for one job, as a picture that can be stored, or why it cannot be."""
    if isinstance(drawn, Failure):
        return drawn
    picture = Picture(drawn) if isinstance(drawn, Image.Image) else drawn
    if not isinstance(picture, Picture) or not isinstance(picture.image, Image.Image):
        return Failure(f"the model returned a {type(drawn).__name__}, not a picture")
    image = picture.image
    if image.mode != "RGB":
        return Failure(f"the picture is of mode {image.mode}, not RGB")
    if size is not None and image.size != size:
        return Failure(f"the picture is {image.width} x {image.height}, not {size[0]} x {size[1]} as in its settings")
    if not 0 < max(image.size) <= MAX_SIDE:
        return Failure(f"the picture is {image.width} x {image.height}; up to {MAX_SIDE} pixels a side are read")
    return picture


def from_array(pixels: NDArray[np.floating[Any]]) -> Drawn:
    """(height, width, 3) values in [0, 1] as a picture of 8 bits; a Failure where one is not finite."""
    if not np.isfinite(pixels).all():
        return Failure("the picture has NaN or infinite pixels")
    return Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8))


def open_rgb(path: Path) -> Image.Image | Failure:
    """The picture in a file, as RGB; a Failure when it is unreadable or huge."""
    return _rgb(path, path.name)


def decode_rgb(content: bytes, what: str) -> Image.Image | Failure:
    """The picture in the bytes of a file, as RGB; a Failure when `what` is unreadable or huge."""
    return _rgb(BytesIO(content), what)


def _rgb(file: Path | BytesIO, name: str) -> Image.Image | Failure:
    try:
        with Image.open(file) as image:
            if max(image.size) > MAX_SIDE:
                return Failure(f"{name} is {image.width} x {image.height}; up to {MAX_SIDE} pixels a side are read")
            return image.convert("RGB")
    except Exception as problem:  # a decoder's errors are of any kind
        return Failure(f"{name} is no readable picture ({type(problem).__name__})")
