"""The extractor that asks a vision-language model for a scene graph, as JSON that must fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

from PIL import Image

from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.extract.asking import GraphOf, Mode, Shown
from rlrig_eval.extract.contract import Looked, Unscored
from rlrig_eval.extract.detection.opening import require
from rlrig_eval.extract.words import Words
from rlrig_eval.judges import Backend, Budget, Verdict
from rlrig_eval.judges import Unscored as Unjudged
from rlrig_eval.judges.asking import AskingJudge
from rlrig_eval.judges.budget import Metered
from rlrig_eval.judges.cache import Cached, open_cache
from rlrig_eval.scene import SceneGraph


class VLM:
    """Shows a model the picture and the closed lists of its prompt, and reads the graph that it writes.

    "published" asks as LAION-SG's script does: the lists are the prompt's own, so that repeating them scores without
    a look at the picture. "strict" adds distractors to the lists, and asks the same of a blank picture; a model that
    sees things there is not believed on the picture either.

    Args:
        model: its name on the server; with server=local a Hub id or a folder. base_url, timeout, attempts, patience,
            concurrency, cache: as of the judge `openai`. max_calls: so many calls in this process at most.

    Raises:
        UsageError: a bad address, no key, or weights that are not on this machine.
    """

    name = "vlm"
    version = "1"
    passing = frozenset({"base_url", "concurrency", "timeout", "attempts", "patience", "cache", "device", "max_calls"})

    def __init__(
        self,
        model: str,
        mode: Mode = "strict",
        server: Literal["openai", "local"] = "openai",
        base_url: str | None = None,
        temperature: float = 0.0,
        seed: int = 0,
        reply_limit: int = 2048,
        max_side: int = 768,
        structured: Literal["auto", "no"] = "auto",
        concurrency: int = 16,
        timeout: float = 60.0,
        attempts: int = 4,
        patience: float = 60.0,
        cache: str | None = None,
        max_calls: int | None = None,
        device: str = "cpu",
        dtype: str = "float32",
    ) -> None:
        self._mode, self._model, self._local = mode, model, server == "local"
        if self._local:
            require(model)
        self._asked: dict[str, Any] = (
            {"device": device, "dtype": dtype, "new_tokens": reply_limit}
            if self._local
            else {
                "base_url": base_url,
                "temperature": temperature,
                "seed": seed,
                "reply_limit": reply_limit,
                "max_side": max_side,
                "structured": structured,
                "concurrency": concurrency,
                "timeout": timeout,
                "attempts": attempts,
                "patience": patience,
            }
        )
        self._cache = cache
        self._budget = None if max_calls is None else Budget(max_calls=max_calls)
        if not self._local:
            self.open()  # a missing key is found at once

    @staticmethod
    def check(**options: Any) -> dict[str, Any]:
        """The options with the server's address filled in; UsageError for a bad one."""
        if options["server"] == "local":
            return options
        from rlrig_eval.judges.openai import OpenAI

        own = {"input_price": None, "output_price": None}
        return options | {"base_url": OpenAI.check(**own, **options)["base_url"]}

    @staticmethod
    def revision_of(model: str, server: str = "openai", **_: Any) -> str | None:
        """The hash of a local folder's weights."""
        return weights_hash(model) if server == "local" else None

    def open(self) -> None:
        """Loads a local model. Raises UsageError."""
        _ = self._backend

    def extract_worded(self, image: Image.Image, words: Words) -> SceneGraph:
        found = next(iter(self.extract_all([Looked(image, words)])))
        if isinstance(found, Unscored):
            raise found
        return found

    def extract_all(self, pictures: Iterable[Looked]) -> Iterator[SceneGraph | Unscored]:
        asking = AskingJudge(GraphOf(self._mode), self._backend)
        for found in asking.verdicts(Shown(one.image, "", (), words=one.words) for one in pictures):
            yield Unscored(found.reason, found.raw) if isinstance(found, Unjudged) else _believed(found)

    @cached_property
    def _backend(self) -> Backend:
        if self._local:
            from rlrig_eval.judges.local import Local

            return Local(self._model, **self._asked)
        from rlrig_eval.judges.openai import OpenAI

        asked: Backend = OpenAI(self._model, **self._asked)
        if self._budget is not None:
            asked = Metered(asked, self._budget)
        deciding = {name: value for name, value in self._asked.items() if name not in self.passing}
        return Cached(asked, open_cache(self._cache), {"extractor": self.name, "model": self._model, **deciding})


def _believed(found: Verdict) -> SceneGraph | Unscored:
    """The graph of the picture, unless the model saw things in the blank one too."""
    graph, *blank = found.evidence["graphs"]
    seen = ", ".join(sorted({entity.category for control in blank for entity in control.entities}))
    if not seen:
        return graph  # type: ignore[no-any-return]
    raw = tuple(reply.text for reply in found.replies)
    return Unscored(f"blank-image control: the model sees {seen} in an empty picture", raw)
