"""The pictures of a page: small, each stored once, as data URIs."""

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

_EXACT = 128  # up to this side a picture is kept to the bit, and shown as pixels
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
    """Grows as pictures are added; the same picture twice (a first draft that was chosen) is stored once."""

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
            exact = max(image.size) <= _EXACT
            if not exact:
                image.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
            self._known[digest] = Thumbnail(len(self.uris), *image.size, pixels=exact)
            self.uris.append(_uri(image, exact))
        return self._known[digest]


def _uri(image: Image.Image, exact: bool) -> str:
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=exact, quality=100 if exact else _QUALITY, method=4)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"
