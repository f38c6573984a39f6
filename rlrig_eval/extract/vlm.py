"""The extractor that asks a vision-language model for a scene graph, as JSON that must fit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, Literal

from PIL import Image
from pydantic import Field

from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.extract.asking import GraphOf, Mode, Shown, named
from rlrig_eval.extract.contract import Looked, Unscored
from rlrig_eval.extract.detection.opening import require
from rlrig_eval.extract.embeddings import renamed, sentence_embeddings
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
        embeddings: a folder with a sentence encoder. It finds a word of the lists for what the table of synonyms has
            none for, where the cosine of the two is at least `similarity`.

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
        embeddings: str | None = None,
        similarity: Annotated[float, Field(ge=-1, le=1)] = 0.7,
    ) -> None:
        self._mode, self._model, self._local = mode, model, server == "local"
        if self._local:
            require(model)
        self._asked: dict[str, Any] = (
            {"device": device, "dtype": dtype, "reply_limit": reply_limit}
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
        self._embed = None if embeddings is None else sentence_embeddings(embeddings)
        self._similarity = similarity
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
    def revision_of(model: str, server: str = "openai", embeddings: str | None = None, **_: Any) -> str | None:
        """The hashes of local weights: the model's, the encoder's."""
        folders = [folder for folder in (model if server == "local" else None, embeddings) if folder is not None]
        return "+".join(found for folder in folders if (found := weights_hash(folder)) is not None) or None

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
        waiting: deque[Words] = deque()

        def shown() -> Iterator[Shown]:
            for one in pictures:
                waiting.append(one.words)
                yield Shown(one.image, "", (), words=one.words)

        for found in asking.verdicts(shown()):
            words = waiting.popleft()
            read = Unscored(found.reason, found.raw) if isinstance(found, Unjudged) else _believed(found)
            yield read if isinstance(read, Unscored) else self._in_words(read, words)

    def _in_words(self, graph: SceneGraph, words: Words) -> SceneGraph:
        if self._embed is None:
            return graph
        return renamed(graph, named(words, self._mode == "strict").categories, self._embed, self._similarity)

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
