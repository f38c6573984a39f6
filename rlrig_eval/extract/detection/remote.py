"""A detector behind HTTP, in the form of Hugging Face's zero-shot-object-detection task.

POST ``{"inputs": <base64 PNG>, "parameters": {"candidate_labels": [...]}}``; the reply is a list of ``{"score",
"label", "box": {"xmin", "ymin", "xmax", "ymax"}}``, boxes in pixels.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import stamina
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rlrig_eval.addresses import png_base64
from rlrig_eval.extract.contract import Unscored
from rlrig_eval.extract.synonyms import word_for
from rlrig_eval.metrics import Detection
from rlrig_eval.plugins.redaction import without

KEY = "RLRIG_DETECTOR_KEY"
"""Sent as a bearer token where it is set."""
LARGEST = 4 * 2**20
_SHOWN = 500


class _Corners(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)
    xmin: float
    ymin: float
    xmax: float
    ymax: float


class _Found(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)
    score: float = Field(ge=0, le=1)
    label: str
    box: _Corners


_REPLY = TypeAdapter(list[_Found])


class Remote:
    """Asks one picture at a time. A server that fails, or says what does not fit, leaves the picture unscored."""

    def __init__(self, url: str, timeout: float = 30.0, attempts: int = 3) -> None:
        self._url, self._timeout, self._attempts = url, timeout, attempts

    def detect(self, image: Image.Image, queries: Mapping[str, str], least: float) -> list[Detection]:
        """As `ZeroShot.detect`. A label that was not asked for becomes the category that means the same, if any."""
        body = {
            "inputs": png_base64(image),
            "parameters": {"candidate_labels": list(queries.values()), "threshold": least},
        }
        text, key = self._post(body), os.environ.get(KEY, "")
        try:
            found = _REPLY.validate_json(text)
        except ValidationError as problem:
            fault = problem.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            shown = without(text, key)[:_SHOWN]
            raise Unscored(f"the detector's reply does not fit: {where} {fault['msg']}", (shown,)) from None
        asked = {query: category for category, query in queries.items()}
        return [
            Detection(asked.get(one.label) or word_for(without(one.label, key), queries), _box(one.box), one.score)
            for one in found
            if one.score > least
        ]

    def _post(self, body: Mapping[str, object]) -> str:
        """What the server says; it may echo the key."""
        import httpx2

        key = os.environ.get(KEY, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            for attempt in stamina.retry_context(on=_passing, attempts=self._attempts, timeout=60.0, wait_initial=0.2):
                with attempt:
                    reply = httpx2.post(self._url, json=body, headers=headers, timeout=self._timeout)
                    reply.raise_for_status()
        except httpx2.HTTPStatusError as problem:
            status = problem.response.status_code
            said = without(problem.response.text, key)[:_SHOWN]
            raise Unscored(f"the detector answered HTTP {status}", (said,)) from None
        except httpx2.HTTPError as problem:
            raise Unscored(f"the detector cannot be reached: {type(problem).__name__}") from None
        if len(reply.content) > LARGEST:
            raise Unscored(f"the detector's reply is larger than {LARGEST // 2**20} MiB")
        return reply.text


def _passing(problem: Exception) -> bool:
    """Whether another try may do: the connection broke, or the server says that it is busy or unwell."""
    import httpx2

    if isinstance(problem, httpx2.HTTPStatusError):
        return problem.response.status_code in (408, 429) or problem.response.status_code >= 500
    return isinstance(problem, httpx2.TransportError)


def _box(corners: _Corners) -> tuple[float, float, float, float]:
    return corners.xmin, corners.ymin, corners.xmax, corners.ymax
