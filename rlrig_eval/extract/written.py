"""The extractor of pictures whose content is written into them: those of `synthetic` outside the shapes world.

The things that were drawn stand, as compressed JSON, in the lowest two bits of every channel: nobody sees them, and a
PNG keeps them. No detector is needed to know what a rule of a benchmark must say of such a picture.
"""

from __future__ import annotations

import json
import zlib

import numpy as np
from PIL import Image
from pydantic import ValidationError

from rlrig_eval.extract.contract import Unscored
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.geometry import relations

SIDE = 480
"""Boxes are in pixels of a picture of this side, which T2I-CompBench resizes to, whatever the size of the PNG."""
_MARK = b"rlrig"


class Written:
    """Reads what `inscribed` wrote; any other picture is unscored."""

    name = "written"
    version = "1"
    long_side = float(SIDE)

    def extract(self, image: Image.Image) -> SceneGraph:
        return seen(*_contents(image))


def seen(entities: tuple[Entity, ...], told: tuple[Relation, ...]) -> SceneGraph:
    """What holds between things with boxes: all that boxes and depths decide, and what is `told` beside it."""
    found = dict.fromkeys(relations(entities, SIDE)) | dict.fromkeys(relation.canonical() for relation in told)
    return SceneGraph(entities=entities, relations=tuple(found))


def inscribed(image: Image.Image, entities: tuple[Entity, ...], told: tuple[Relation, ...]) -> Image.Image:
    """The picture with its content in it.

    Raises:
        ValueError: the picture is too small for it.
    """
    content = [[one.model_dump(mode="json", exclude_defaults=True) for one in part] for part in (entities, told)]
    packed = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)
    message = np.frombuffer(_MARK + len(packed).to_bytes(4, "big") + packed, dtype=np.uint8)
    pixels = np.array(image.convert("RGB"))
    quarters = np.stack([message >> shift & 3 for shift in (6, 4, 2, 0)], axis=1).reshape(-1)
    if len(quarters) > pixels.size:
        raise ValueError(f"{len(message)} bytes do not fit into a picture of {image.width} x {image.height}")
    flat = pixels.reshape(-1)
    flat[: len(quarters)] = flat[: len(quarters)] & 0xFC | quarters
    return Image.fromarray(pixels)


def _contents(image: Image.Image) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
    quarters = np.array(image.convert("RGB")).reshape(-1) & 3
    quarters = quarters[: len(quarters) // 4 * 4].reshape(-1, 4)
    message = (quarters << np.array([6, 4, 2, 0], dtype=np.uint8)).sum(axis=1).astype(np.uint8).tobytes()
    head = len(_MARK) + 4
    if not message.startswith(_MARK):
        raise Unscored("nothing is written in it: this extractor reads pictures of the model synthetic alone")
    try:
        packed = message[head : head + int.from_bytes(message[len(_MARK) : head], "big")]
        entities, told = json.loads(zlib.decompressobj().decompress(packed, 10**6))
        return tuple(map(Entity.model_validate, entities)), tuple(map(Relation.model_validate, told))
    except (ValueError, zlib.error, ValidationError) as problem:
        raise Unscored(f"what is written in it is broken ({type(problem).__name__})") from None
