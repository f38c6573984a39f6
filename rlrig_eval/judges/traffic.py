"""Manners towards a server: how many calls at once, how long to wait, when to give up on it.

Additive increase and multiplicative decrease of the calls at once (Chiu and Jain 1989), x .8 on a 429 as in
inspect_ai; a circuit breaker, so that a dead server costs a minute and not an hour.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import anyio

BACK_OFF = 0.8
LONGEST_WAIT = 60.0
"""Seconds of Retry-After that are waited; a server that asks for more is given up for this call."""
BUSY = 4.0
"""So many times the patience is had with a server that says 429: it is alive."""

Clock = Callable[[], float]


@dataclass
class Pace:
    """How many calls may be out at once: fewer after a 429, slowly more after calls that went well."""

    most: int
    clock: Clock = time.monotonic
    _size: float = 0.0
    _not_before: float = 0.0
    _shrunk: float = float("-inf")

    def __post_init__(self) -> None:
        self._size = float(self.most)

    @property
    def at_once(self) -> int:
        return max(1, int(self._size))

    @property
    def wait(self) -> float:
        """Seconds until anybody may call again."""
        return max(0.0, self._not_before - self.clock())

    def went_well(self) -> None:
        self._size = min(float(self.most), self._size + 1.0 / self._size)

    def too_many(self, retry_after: float | None, started: float) -> None:
        """A 429 to a call begun at `started`; those that were out together count as one."""
        if started >= self._shrunk:
            self._size = max(1.0, self._size * BACK_OFF)
            self._shrunk = self.clock()
        if retry_after is not None:
            self._not_before = max(self._not_before, self.clock() + min(retry_after, LONGEST_WAIT))


class Gate:
    """Holds calls to a `Pace`, in the event loop that it is made in."""

    def __init__(self, pace: Pace) -> None:
        self.pace, self._slots = pace, anyio.CapacityLimiter(pace.at_once)

    async def __aenter__(self) -> None:
        await self._slots.acquire()
        while (wait := self.pace.wait) > 0.0:
            await anyio.sleep(wait)

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()
        if self._slots.total_tokens != self.pace.at_once:
            self._slots.total_tokens = self.pace.at_once


@dataclass
class Breaker:
    """Opens when for `patience` seconds no call went well and at least two failed; then nobody calls.

    After `cooldown` seconds one call may try again. A refusal that will not change (no such model, bad key) opens
    it at once.
    """

    patience: float
    cooldown: float = 60.0
    clock: Clock = time.monotonic
    reason: str = ""
    _failures: int = field(default=0, repr=False)
    _since: float = field(default=float("inf"), repr=False)
    _opened: float | None = field(default=None, repr=False)

    def hopeless(self) -> bool:
        """Whether a call would be in vain; asking takes no leave."""
        return self._opened is not None and self.clock() - self._opened < self.cooldown

    def closed(self) -> bool:
        """Whether a call may be made; asking for leave to try again takes it."""
        if self.hopeless():
            return False
        if self._opened is not None:
            self._opened = self.clock()
        return True

    def went_well(self) -> None:
        self._failures, self._since, self._opened, self.reason = 0, float("inf"), None, ""

    def failed(self, started: float, reason: str, busy: bool = False) -> None:
        """A call that was begun at `started` came to nothing."""
        self._failures += 1
        self._since = min(self._since, started)
        spell = self.clock() - self._since
        if self._failures >= 2 and spell >= self.patience * (BUSY if busy else 1.0) and self._opened is None:
            self._open(f"the server was given up after {spell:.0f} s without a reply: {reason}")

    def refused(self, reason: str) -> None:
        self._open(reason)

    def _open(self, reason: str) -> None:
        self._opened, self.reason = self.clock(), reason


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, from ``retry-after-ms`` or ``Retry-After`` (seconds or a date).

    >>> retry_after({"retry-after": "1.5"}), retry_after({"retry-after-ms": "20"}), retry_after({"retry-after": "soon"})
    (1.5, 0.02, None)
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            return max(0.0, float(value) / unit)
        except ValueError:
            parsed = email.utils.parsedate_tz(value)
            if parsed is not None:
                return max(0.0, email.utils.mktime_tz(parsed) - time.time())
    return None
