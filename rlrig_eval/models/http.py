"""Any server that draws: a prompt and a seed by POST, a picture in return."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import stamina
from pydantic import Field

from rlrig_eval.addresses import server_address
from rlrig_eval.models.contract import Drawn, Failure, Job
from rlrig_eval.models.pictures import decode_rgb
from rlrig_eval.plugins.redaction import redacted_text

LARGEST = 64 * 2**20
"""Bytes of a picture that are read."""


class _Busy(Exception):
    """Worth another try: the server is down, slow, or says 429 or 5xx."""


class Http:
    """Posts ``{"prompt", "seed", **settings}`` as JSON to `url`, and expects the bytes of a PNG, JPEG or WebP file.

    A prompt that the server refuses, or does not answer in `attempts` tries of `timeout` seconds, is a Failure.
    `settings` are sent along as they are; a stated `size` is also checked on every picture.

    Raises:
        UsageError: `url` is no http:// or https:// address, or holds a password.
    """

    batch_size = 8

    def __init__(
        self,
        url: str,
        timeout: Annotated[float, Field(gt=0)] = 120.0,
        attempts: Annotated[int, Field(ge=1)] = 3,
        at_once: Annotated[int, Field(ge=1)] = 4,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._url, self._shown = server_address("model http", "url", url), redacted_text(url)
        self._timeout, self._attempts, self._at_once = timeout, attempts, at_once
        self.settings: Mapping[str, Any] = dict(settings or {})

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        with ThreadPoolExecutor(self._at_once) as pool:
            return list(pool.map(self._draw, jobs))

    def _draw(self, job: Job) -> Drawn:
        body = json.dumps({**self.settings, "prompt": job.text, "seed": job.noise}).encode()
        try:
            for attempt in stamina.retry_context(  # its own bound in time would take tries away from slow ones
                on=_Busy, attempts=self._attempts, timeout=None, wait_initial=0.1, wait_max=5.0
            ):
                with attempt:
                    return self._post(body)
        except _Busy as problem:
            return Failure(f"{self._shown}: {problem}, {self._attempts} times")
        raise AssertionError("stamina ends in a picture or an error")

    def _post(self, body: bytes) -> Drawn:
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                content: bytes = answer.read(LARGEST + 1)
        except urllib.error.HTTPError as problem:
            problem.close()
            if problem.code == 429 or problem.code >= 500:
                raise _Busy(f"answered {problem.code}") from problem
            return Failure(f"{self._shown}: answered {problem.code}")
        except http.client.HTTPException as problem:
            raise _Busy(f"answered what is not HTTP, or not to its end ({type(problem).__name__})") from problem
        except OSError as problem:  # URLError and TimeoutError are ones
            reason = getattr(problem, "reason", problem)
            slow = isinstance(reason, TimeoutError)
            said = f"no answer within {self._timeout:g} s" if slow else f"cannot be reached ({reason})"
            raise _Busy(said) from problem
        if len(content) > LARGEST:
            return Failure(f"{self._shown}: the answer is larger than {LARGEST // 2**20} MiB")
        return decode_rgb(content, f"the answer of {self._shown}")
