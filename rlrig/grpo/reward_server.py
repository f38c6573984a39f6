"""A reward computed elsewhere: JSON over HTTP, with a time limit, bounded retries, and no pickle."""

import base64
import http.client
import io
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import stamina
from PIL.Image import Image

from rlrig.grpo.outcomes import Outcome
from rlrig_eval.errors import RunError, UsageError

_LONGEST_REPLY = 1 << 20
_CHUNK = 1 << 16
_LARGEST = 1e6  # in float32 a larger one drowns what tells siblings apart


class _Busy(Exception):
    """Worth another try: the server is down, slow, or says 5xx or 429."""


def address(url: str) -> str:
    """`url`, where it is one that can be asked.

    Raises UsageError for another kind of address, or one without a host, or with a port or signs that are none, or with
    a user, whom urllib takes for a part of the host.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # both are parsed when they are read
        host.encode("idna")
    except ValueError as problem:
        raise UsageError(f"reward server {url!r}: {problem}") from problem
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"reward server {url!r}: not an http:// or https:// address with a host")
    if "@" in parts.netloc:  # not shown: there may be a password in it
        raise UsageError(f"reward server at {host}: an address without a user or password, please")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"reward server {url!r}: spaces and what is not ASCII are written as %XX in an address")
    return url


@dataclass(frozen=True)
class RewardServer:
    """Posts {"outcomes": [{"prompt", "instruction", "before", "after"}]}, the Actor's own words and pictures as base64
    PNG, and expects {"rewards": [...]}: for each outcome a number, at most 1e6, or null where it has none (NaN here,
    counted, never 0).

    Calling it raises RunError when the server stays busy, or silent or unfinished after `timeout` seconds, in each of
    `attempts` tries, or answers anything else.
    """

    url: str
    timeout: float = 20.0
    attempts: int = 3

    def __post_init__(self) -> None:
        address(self.url)

    def __call__(self, outcomes: Sequence[Outcome]) -> list[float]:
        body = json.dumps({"outcomes": [_described(outcome) for outcome in outcomes]}).encode()
        try:
            for attempt in stamina.retry_context(  # its own bound in time would take tries away from slow ones
                on=_Busy, attempts=self.attempts, timeout=None, wait_initial=0.1, wait_max=5.0
            ):
                with attempt:
                    reply = self._post(body)
        except _Busy as problem:
            raise RunError(f"reward server {self.url}: {problem}, {self.attempts} times") from problem
        return self._rewards(reply, len(outcomes))

    def _post(self, body: bytes) -> bytes:
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        end = time.monotonic() + self.timeout
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return _whole(answer, end)
        except urllib.error.HTTPError as problem:
            problem.close()
            if problem.code == 429 or problem.code >= 500:
                raise _Busy(f"answered {problem.code}") from problem
            raise RunError(f"reward server {self.url}: answered {problem.code}") from problem
        except TimeoutError as problem:
            raise _Busy(f"no answer within {self.timeout:g} s") from problem
        except http.client.HTTPException as problem:
            raise _Busy(f"answered what is not HTTP ({type(problem).__name__})") from problem
        except OSError as problem:  # URLError is one
            reason = getattr(problem, "reason", problem)
            slow = isinstance(reason, TimeoutError)
            raise _Busy(
                f"no answer within {self.timeout:g} s" if slow else f"cannot be reached ({reason})"
            ) from problem

    def _rewards(self, reply: bytes, count: int) -> list[float]:
        try:
            found: Any = json.loads(reply) if len(reply) <= _LONGEST_REPLY else None
            rewards = [_number(value) for value in found["rewards"]]
        except (ValueError, TypeError, KeyError, RecursionError) as problem:
            raise RunError(f'reward server {self.url}: the answer is not {{"rewards": [numbers]}}') from problem
        if len(rewards) != count:
            raise RunError(f"reward server {self.url}: {len(rewards)} rewards for {count} outcomes")
        return rewards


def _whole(answer: http.client.HTTPResponse, end: float) -> bytes:
    """All of it, or its beginning where it is too long. A socket's own limit is for each piece, however many come."""
    found = b""
    while len(found) <= _LONGEST_REPLY and (piece := answer.read1(_CHUNK)):
        found += piece
        if time.monotonic() > end:
            raise TimeoutError
    return found


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        raise ValueError(f"{value!r} is no reward")
    return float(value)


def _described(outcome: Outcome) -> dict[str, str]:
    return {
        "prompt": outcome.before.prompt,
        "instruction": outcome.instruction,
        "before": _png(outcome.before.image),
        "after": _png(outcome.after.image),
    }


def _png(image: Image) -> str:
    content = io.BytesIO()
    image.convert("RGB").save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode("ascii")
