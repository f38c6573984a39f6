"""An images API through OpenAI's own client: hosted, or any server that speaks it."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from rlrig_eval.addresses import server_address
from rlrig_eval.errors import UsageError
from rlrig_eval.models.contract import Drawn, Failure, Job
from rlrig_eval.models.pictures import decode_rgb
from rlrig_eval.plugins.redaction import without
from rlrig_eval.scene.graph import Frozen

if TYPE_CHECKING:
    from openai import OpenAI

KEY = "OPENAI_API_KEY"
ADDRESS = "OPENAI_BASE_URL"
_HOPELESS = (401, 403, 404)


class Asked(Frozen):
    """What the API is asked for beside the prompt; what is None is not sent.

    `seed` sends the noise seed along, for servers that take one: hosted models do not, and their pictures cannot be
    drawn again.
    """

    size: int | tuple[int, int] = 1024
    quality: str | None = None
    background: str | None = None
    response_format: Literal["b64_json"] | None = None
    seed: bool = False


class OpenAIImages:
    """One request a picture, `at_once` at a time; the client retries what is worth it. The key is in the environment.

    A prompt that is refused is a Failure. After a refusal that will not change (bad key, no such model) nothing
    more is asked.

    Raises:
        UsageError: no key for the hosted API, or an address that is none or holds a password.
    """

    Settings = Asked
    batch_size = 8

    def __init__(
        self,
        settings: Asked,
        model: str,
        base_url: str | None = None,
        timeout: Annotated[float, Field(gt=0)] = 120.0,
        attempts: Annotated[int, Field(ge=1)] = 3,
        at_once: Annotated[int, Field(ge=1)] = 4,
    ) -> None:
        self._key = os.environ.get(KEY, "")
        address = base_url or os.environ.get(ADDRESS)
        if not self._key and not address:
            raise UsageError(f"model openai-images: {KEY} is not set, and the hosted API asks for one")
        if address:
            server_address("model openai-images", "base_url" if base_url else ADDRESS, address, KEY)
        self._model, self._asked, self._at_once = model, settings, at_once
        self._client = self._open(address, timeout, attempts)
        self._given_up: str | None = None
        self.settings = settings.model_dump(mode="json", exclude_none=True) | {
            "model": model,
            "base_url": str(self._client.base_url),
        }

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        with ThreadPoolExecutor(self._at_once) as pool:
            return list(pool.map(self._draw, jobs))

    def _open(self, address: str | None, timeout: float, attempts: int) -> OpenAI:
        from openai import OpenAI

        # Some servers want no key, the client wants one.
        return OpenAI(api_key=self._key or "none", base_url=address, timeout=timeout, max_retries=attempts - 1)

    def _draw(self, job: Job) -> Drawn:
        from openai import APIError

        if self._given_up is not None:
            return Failure(self._given_up)
        width, height = self._asked.size if isinstance(self._asked.size, tuple) else (self._asked.size,) * 2
        given: dict[str, Any] = self._asked.model_dump(exclude={"size", "seed"}, exclude_none=True)
        more = {"extra_body": {"seed": job.noise}} if self._asked.seed else {}
        try:
            answer = self._client.images.generate(
                model=self._model, prompt=job.text, n=1, size=f"{width}x{height}", **given, **more
            )
        except APIError as problem:
            words = without(" ".join(str(problem).split()), self._key)
            said = f"{type(problem).__name__}: {words[:300]}"
            if getattr(problem, "status_code", None) in _HOPELESS:
                self._given_up = said
            return Failure(said)
        return _picture(answer)


def _picture(answer: Any) -> Drawn:
    data = getattr(answer, "data", None) or []
    encoded = getattr(data[0], "b64_json", None) if data else None
    if not isinstance(encoded, str):
        return Failure("the server answered with no picture in it: try -G response_format=b64_json")
    try:
        return decode_rgb(base64.b64decode(encoded, validate=True), "the server's answer")
    except binascii.Error:
        return Failure("the server's answer is not base64")
