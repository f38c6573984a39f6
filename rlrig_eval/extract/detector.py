"""The extractor of photographs: an open-vocabulary detector, with depth and colours where models for them are named."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Protocol

from PIL import Image
from pydantic import BeforeValidator, Field

from rlrig_eval.addresses import server_address
from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.errors import UsageError
from rlrig_eval.extract.contract import Unscored
from rlrig_eval.extract.detection.opening import require
from rlrig_eval.extract.detection.remote import KEY
from rlrig_eval.extract.detection.rules import RULES, Rule, adjusted, kept
from rlrig_eval.extract.detection.seen import graph_of
from rlrig_eval.extract.words import Words
from rlrig_eval.metrics import Detection
from rlrig_eval.plugins import guessed
from rlrig_eval.plugins.redaction import redacted_text
from rlrig_eval.scene import SceneGraph
from rlrig_eval.scene.attributes import kind_of

MODEL = "IDEA-Research/grounding-dino-tiny"
FLAT = frozenset(
    "left of,right of,above,below,under,near,far from,bigger than,smaller than,inside,around,between".split(",")
)
"""What boxes decide; depth adds in front of and behind. "on" and "touching" take contact, which no box shows."""
DEEP = frozenset({"in front of", "behind"})

Share = Annotated[float, Field(ge=0, le=1)]


class Backend(Protocol):
    """What finds boxes."""

    def detect(self, image: Image.Image, queries: Mapping[str, str], least: float) -> list[Detection]: ...


class Detector:
    """Asks for the prompt's categories, and for others that lead astray; keeps what `rule` lets count.

    Args:
        model: Hub id or folder of a zero-shot detector, `MODEL` by default. url: a detector behind HTTP instead
            (`detection.remote`); `model` is then what answers there, by name, and the address stands for it where it
            has none.
        rule: how detections are kept. threshold, thresholds (by category), nms: what to change in it.
        words: "strict" asks for distractors too, "published" for the prompt's own categories alone.
        depth: a depth model, for in front of and behind. colours: a CLIP model, for colours.

    Raises:
        UsageError: no such rule, an address that is none or holds a password, or a model whose weights are not on this
            machine.
    """

    name = "detector"
    version = "1"
    passing = frozenset({"url", "device", "timeout"})

    def __init__(
        self,
        model: str | None = None,
        revision: str | None = None,
        url: str | None = None,
        rule: str = "strict",
        threshold: Share | None = None,
        thresholds: Annotated[dict[str, Share], BeforeValidator(guessed)] | None = None,
        nms: Share | None = None,
        words: Literal["strict", "published"] = "strict",
        depth: str | None = None,
        colours: str | None = None,
        device: str = "cpu",
        dtype: Literal["float32", "bfloat16", "float16"] = "float32",
        timeout: float = 30.0,
    ) -> None:
        if rule not in RULES:
            raise UsageError.unknown("rule of extractor detector", rule, RULES)
        if url is not None:
            server_address("extractor detector", "url", url, KEY)
        self._rule: Rule = adjusted(RULES[rule], threshold, thresholds, nms)
        model = model or MODEL
        if url is None:
            require(model)
        for other in filter(None, (depth, colours)):
            require(other)
        self._model, self._revision, self._url, self._timeout = model, revision, url, timeout
        self._depth_model, self._colour_model, self._strict = depth, colours, words == "strict"
        self._device, self._dtype = device, dtype

    @staticmethod
    def check(**options: Any) -> dict[str, Any]:
        """The options with the model that is loaded here filled in; what answers behind a `url` the user may say."""
        return options if options["url"] is not None else options | {"model": options["model"] or MODEL}

    @staticmethod
    def revision_of(
        model: str | None = None,
        revision: str | None = None,
        url: str | None = None,
        depth: str | None = None,
        colours: str | None = None,
        **_: Any,
    ) -> str | None:
        """The revision that was named, or the hash of a folder's weights; of further models too.

        Of a server that no model names, also a digest of its address: two of them are not one extractor.
        """
        if url is None:
            own = revision or weights_hash(model or MODEL)
        else:  # weights of that name that lie here are not those that answer there
            own = "+".join(filter(None, (revision, None if model else _digest(url)))) or None
        others = [found for other in (depth, colours) if other and (found := weights_hash(other))]
        return "+".join(filter(None, (own, *others))) or None

    def open(self) -> None:
        """Loads every model that it reads with. Raises UsageError."""
        _ = self._backend
        _ = self._depth_model is None or self._depth
        _ = self._colour_model is None or self._colours

    def extract_worded(self, image: Image.Image, words: Words) -> SceneGraph:
        self._refuse_blindly(words)
        found = self.detections(image, words)
        near = None if self._depth_model is None else self._depth.nearness(image)
        asked = [word for word in words.attributes if kind_of(word) == "colour"]
        colours = [] if self._colour_model is None or not found else self._colours.of(image, found, asked)
        return graph_of(found, image.size, near, colours)

    def detections(self, image: Image.Image, words: Words) -> list[Detection]:
        """The detections that count, the most confident first; boxes in pixels of `image`. Raises Unscored."""
        queries = {word: self._rule.query.format(category=word) for word in self._asked(words)}
        least = min(self._rule.least(word, words.counting) for word in queries) if queries else 1.0
        picture, scale = _shrunk(image, self._rule.long_side)
        found = self._backend.detect(picture, queries, least) if queries else []
        return kept([_scaled(one, scale) for one in found], self._rule, words.counting)

    def _asked(self, words: Words) -> tuple[str, ...]:
        return (*words.categories, *(words.distractors if self._strict else ()))

    def _refuse_blindly(self, words: Words) -> None:
        """Raises Unscored where the prompt turns on what this extractor cannot see: that would be scored as absent."""
        seen = {"colour"} if self._colour_model is not None else set()
        unseen = [word for word in words.attributes if kind_of(word) not in seen]
        if unseen:
            help_ = "" if seen or kind_of(unseen[0]) != "colour" else "; -E colours=MODEL reads colours"
            raise Unscored(f"the detector does not see {unseen[0]!r}{help_}")
        decided = FLAT | (DEEP if self._depth_model is not None else frozenset())
        undecided = [word for word in words.predicates if word not in decided]
        if undecided:
            help_ = "; -E depth=MODEL decides depth" if undecided[0] in DEEP else ""
            raise Unscored(f"boxes do not decide {undecided[0]!r}{help_}")

    @cached_property
    def _backend(self) -> Backend:
        from rlrig_eval.extract.detection.remote import Remote
        from rlrig_eval.extract.detection.zero_shot import ZeroShot

        if self._url is not None:
            return Remote(self._url, self._timeout)
        return ZeroShot(self._model, self._revision, self._device, self._dtype)

    @cached_property
    def _depth(self) -> Any:
        from rlrig_eval.extract.detection.depth import Depth

        return Depth(self._depth_model or "", self._device, self._dtype)

    @cached_property
    def _colours(self) -> Any:
        from rlrig_eval.extract.detection.colours import Colours

        return Colours(self._colour_model or "", self._device, self._dtype)


def _digest(url: str) -> str:
    """Of an address without its secrets, which a record hides and another key does not change."""
    return "url:" + hashlib.sha256(redacted_text(url).encode()).hexdigest()[:12]


def _shrunk(image: Image.Image, side: int | None) -> tuple[Image.Image, float]:
    """The picture as the rule has it seen, and how many pixels of it one of those is."""
    if side is None or max(image.size) <= side:
        return image, 1.0
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small, max(image.size) / max(small.size)


def _scaled(one: Detection, by: float) -> Detection:
    x0, y0, x1, y1 = (end * by for end in one.box)
    return one._replace(box=(x0, y0, x1, y1))
