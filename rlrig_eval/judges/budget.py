"""What judging may cost. When it is spent, the rest is left unscored, and a later run goes on with it."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

from rlrig_eval.judges.contract import Backend, Reply, Request, Trouble, Usage


@dataclass
class Budget:
    """Calls and US dollars that one process may spend on judges; shared by all of them, safe across threads.

    Calls that are out count as if they cost what the dearest one so far did, so that the limit holds with many
    at once. A retry of a call is not a call; one that came to nothing is.
    """

    max_calls: int | None = None
    max_cost: float | None = None
    spent: Usage = field(default_factory=lambda: Usage(calls=0, usd=0.0))
    _dearest: float | None = None
    _untold: bool = False
    _out: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def reserve(self) -> str | None:
        """Take leave for one call: None, or why there is none."""
        with self._lock:
            if self.max_calls is not None and self.spent.calls + self._out >= self.max_calls:
                return f"not asked: the budget of {self.max_calls} calls is spent"
            if self.max_cost is not None and self._untold:
                return f"not asked: {_UNTOLD}"
            if self.max_cost is not None and self._dear() >= self.max_cost:
                return f"not asked: the budget of {self.max_cost} USD is spent"
            self._out += 1
            return None

    def settle(self, usage: Usage, told: bool = True) -> None:
        """A reserved call is over, and took that much; not `told`: and money too, of which nobody knows how much."""
        with self._lock:
            self._out -= 1
            self.spent = Usage(
                self.spent.calls + usage.calls,
                self.spent.prompt_tokens + usage.prompt_tokens,
                self.spent.completion_tokens + usage.completion_tokens,
                (self.spent.usd or 0.0) + (usage.usd or 0.0),
            )
            self._untold |= not told
            if usage.usd is not None:
                self._dearest = max(self._dearest or 0.0, usage.usd)

    def blind(self) -> bool:
        """Whether money is limited and nobody knows yet what a call takes of it."""
        with self._lock:
            return self.max_cost is not None and self._dearest is None

    def _dear(self) -> float:
        """What is spent, once all that is out is in and one more is made."""
        dearest = self._dearest or 0.0
        return (self.spent.usd or 0.0) + (self._out + bool(dearest)) * dearest


_UNTOLD = "the server does not say what a call took, so that no limit on money can hold: --max-calls limits it"
_ALONE = 3
"""So many calls are made one by one to learn what one costs, where money is limited; failed ones teach nothing."""


class Metered:
    """A back end that asks only while there is budget. `costs`: its calls cost money, so that a reply states it."""

    def __init__(self, backend: Backend, budget: Budget, costs: bool = False) -> None:
        self._backend, self._budget = backend, budget
        self._costs = costs and budget.max_cost is not None

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply | Trouble]:
        rest = iter(requests)
        for number, request in enumerate(rest):
            refusal = self._budget.reserve()
            if refusal is None:
                alone = number < _ALONE and self._budget.blind()
                refusal = yield from self._while_affordable(request, iter(()) if alone else rest)
            if refusal is not None:
                yield Trouble(refusal)

    def _while_affordable(
        self, first: Request, rest: Iterator[Request]
    ) -> Generator[Reply | Trouble, None, str | None]:
        """Replies to `first`, for which there is leave, and on to the next refusal.

        A refused request is the last that is pulled, so that a stream of them is never held in memory.
        """
        refusal: str | None = None
        out = 1

        def affordable() -> Iterator[Request]:
            nonlocal refusal, out
            yield first
            for request in rest:
                refusal = self._budget.reserve()
                if refusal is not None:
                    return
                out += 1
                yield request

        try:
            for reply in self._backend.replies(affordable()):
                usage = reply.usage if isinstance(reply, Reply) else Usage()
                told = not (self._costs and isinstance(reply, Reply) and usage.usd is None)
                self._budget.settle(usage, told)
                out -= 1
                yield reply if told else Trouble(_UNTOLD, reply.text)
        finally:
            for _ in range(out):  # a crash: they may have been made
                self._budget.settle(Usage())
        return refusal
