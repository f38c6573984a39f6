"""A reward computed elsewhere: JSON over HTTP, with a time limit, bounded retries, and no pickle."""

import http.client
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import stamina

from rlrig.grpo.outcomes import Outcome
from rlrig_eval.addresses import png_base64, server_address
from rlrig_eval.errors import RunError

_LONGEST_REPLY = 1 << 20
_CHUNK = 1 << 16
_LARGEST = 1e6  # in float32 a larger one drowns what tells siblings apart


class _Busy(Exception):
    """Worth another try: the server is down, slow, or says 5xx or 429."""


@dataclass(frozen=True)
class RewardServer:
    """Posts {"outcomes": [{"prompt", "instruction", "before", "after"}]}, the Actor's own words and pictures as base64
    PNG, and expects {"rewards": [...]}: for each outcome a number, at most 1e6, or null where it has none (NaN here,
    counted, never 0).

    Raises UsageError for an address that is none. Calling it raises RunError when the server stays busy, or silent or
    unfinished after `timeout` seconds, in each of `attempts` tries, or answers anything else.
    """

    url: str
    timeout: float = 20.0
    attempts: int = 3

    def __post_init__(self) -> None:
        server_address("reward server", "url", self.url)

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
        "before": png_base64(outcome.before.image.convert("RGB")),
        "after": png_base64(outcome.after.image.convert("RGB")),
    }
