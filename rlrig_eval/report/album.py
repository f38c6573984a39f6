"""The pictures of a page: small, each stored once, as data URIs or as files beside it."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from rlrig_eval.models import Failure
from rlrig_eval.models.pictures import open_rgb

THUMBNAIL = 256
"""Longest side in pixels of an inlined picture."""

GREY_LEVELS = 2
"""How far a small picture's channels may be off: the noise of a decoder, kept to the bit, would treble the page."""

_SMALL = 128  # up to this side a picture keeps its pixels, and shows them
_STEP = 2 * GREY_LEVELS
_ROUNDED = [min(255, (value + GREY_LEVELS) // _STEP * _STEP) for value in range(256)]
_QUALITY = 80


@dataclass(frozen=True)
class Thumbnail:
    """Place of a picture in the album, its size in pixels, and whether it is enlarged without smoothing."""

    index: int
    width: int
    height: int
    pixels: bool


@dataclass
class Album:
    """Grows as pictures are added; the same picture twice (a first draft that was chosen) is stored once.

    With a `folder` the pictures become files in its ``pictures/``, and `uris` relative paths.
    """

    folder: Path | None = None
    uris: list[str] = field(default_factory=list)
    _known: dict[str, Thumbnail] = field(default_factory=dict)

    def add(self, path: Path) -> Thumbnail | None:
        """The picture in a file; None when there is none that can be read."""
        if not path.is_file():
            return None
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._known:
            image = open_rgb(path)
            if isinstance(image, Failure):
                return None
            small = max(image.size) <= _SMALL
            if not small:
                image.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
            self._known[digest] = Thumbnail(len(self.uris), *image.size, pixels=small)
            self.uris.append(self._stored(digest, _webp(image, small)))
        return self._known[digest]

    def _stored(self, digest: str, content: bytes) -> str:
        if self.folder is None:
            return f"data:image/webp;base64,{base64.b64encode(content).decode()}"
        path = self.folder / "pictures" / f"{digest[:32]}.webp"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"pictures/{path.name}"


def _webp(image: Image.Image, small: bool) -> bytes:
    out = io.BytesIO()
    if small:
        image.point(_ROUNDED * 3).save(out, "WEBP", lossless=True, quality=100, method=4)
    else:
        image.save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()
