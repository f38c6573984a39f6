"""Models behind an OpenAI-compatible server: vLLM, SGLang, ``transformers serve``, or hosted."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import stamina
from anyio import fail_after
from anyio.from_thread import start_blocking_portal

from rlrig_eval.addresses import server_address
from rlrig_eval.errors import UsageError
from rlrig_eval.judges.contract import Reply, Request, Trouble
from rlrig_eval.judges.failures import failures, reason, said
from rlrig_eval.judges.pictures import PerPicture, shrunk_url
from rlrig_eval.judges.prices import price_of
from rlrig_eval.judges.traffic import LONGEST_WAIT, Breaker, Gate, Pace, retry_after
from rlrig_eval.judges.wire import Dialect, body_of, bounded_body, read_body

if TYPE_CHECKING:
    from httpx2 import Response
    from openai import AsyncOpenAI

KEY = "OPENAI_API_KEY"
ADDRESS = "OPENAI_BASE_URL"
HOSTED = "https://api.openai.com/v1"
logging.getLogger("stamina").addHandler(logging.NullHandler())  # else every retry is a line on a user's screen


class OpenAI:
    """Asks many requests at once, in the manners of `traffic`. The key comes from the environment alone."""

    rubric = "yes-no"
    cached = True
    passing = frozenset(
        {"base_url", "concurrency", "timeout", "attempts", "patience", "cache", "input_price", "output_price"}
    )

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        temperature: float = 0.0,
        seed: int = 0,
        reply_limit: int = 1024,
        max_side: int = 768,
        structured: Literal["auto", "no"] = "auto",
        concurrency: int = 16,
        timeout: float = 20.0,
        attempts: int = 4,
        patience: float = 30.0,
        cache: str | None = None,
        input_price: float | None = None,
        output_price: float | None = None,
    ) -> None:
        self._url = base_url or HOSTED
        self._calls = f"{self._url.rstrip('/')}/chat/completions"
        self._key = os.environ.get(KEY, "")
        if not self._key and self._url == HOSTED:
            raise UsageError(f"{KEY} is not set, and {HOSTED} asks for one")
        self._model, self._sampling = model, {"temperature": temperature, "seed": seed, "max_tokens": reply_limit}
        self._url_of = PerPicture(lambda image: shrunk_url(image, max_side))
        self._dialect = Dialect(structured=structured == "auto")
        self._timeout, self._attempts, self._window = timeout, attempts, 4 * concurrency
        self._pace, self._breaker = Pace(concurrency), Breaker(patience)
        self._prices = None if input_price is None or output_price is None else (input_price, output_price)

    @staticmethod
    def check(**options: Any) -> dict[str, Any]:
        """The options with the server's address and the model's price filled in; UsageError for a bad one."""
        url = server_address("judge openai", "base_url", options["base_url"] or os.environ.get(ADDRESS) or HOSTED, KEY)
        for name in ("reply_limit", "max_side", "concurrency", "timeout", "attempts", "patience"):
            if not options[name] > 0:
                raise UsageError(f"judge openai: {name} must be above 0, not {options[name]}")
        known = price_of(options["model"])
        prices = {} if known is None else {"input_price": known.input, "output_price": known.output}
        stated = {name: options[name] for name in ("input_price", "output_price") if options[name] is not None}
        return options | {"base_url": url} | prices | stated

    @staticmethod
    def priced(**options: Any) -> bool:
        """Whether it is known what a token costs."""
        return options["input_price"] is not None and options["output_price"] is not None

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply | Trouble]:
        with start_blocking_portal() as portal:
            client, gate = portal.call(self._open)
            loop = portal.call(_loop)
            out: deque[Future[Reply | Trouble]] = deque()
            try:
                for request in requests:
                    if self._breaker.hopeless():
                        out.append(_done(self._given_up()))
                    else:
                        urls = tuple(map(self._url_of, request.images))  # here, where it holds up no other call
                        answer = self._answer(client, gate, request, urls)
                        out.append(asyncio.run_coroutine_threadsafe(answer, loop))  # a task of the portal's costs 5 x
                    if len(out) >= self._window:
                        yield out.popleft().result()
                while out:
                    yield out.popleft().result()
            finally:
                for future in out:
                    future.cancel()
                portal.call(client.close)

    async def _open(self) -> tuple[AsyncOpenAI, Gate]:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        from rlrig_eval.judges.connections import transport_to

        http = DefaultAsyncHttpxClient(follow_redirects=False, timeout=self._timeout, transport=transport_to(self._url))
        # Some servers want no key, the client wants one.
        client = AsyncOpenAI(api_key=self._key or "none", base_url=self._url, max_retries=0, http_client=http)
        return client, Gate(self._pace)

    async def _answer(self, client: AsyncOpenAI, gate: Gate, request: Request, urls: Sequence[str]) -> Reply | Trouble:
        async with gate:
            try:
                return await self._attempt(client, request, urls)
            except failures() as problem:
                return await self._retried(problem, client, request, urls)

    async def _retried(
        self, first: Exception, client: AsyncOpenAI, request: Request, urls: Sequence[str]
    ) -> Reply | Trouble:
        """After the failure of the first attempt, which is stamina's first too.

        Calls that go well do without it: it would leave each some 30 objects that only the cycle collector frees.
        """
        try:
            async for attempt in stamina.retry_context(
                on=self._again,
                attempts=self._attempts,
                timeout=LONGEST_WAIT,
                wait_initial=0.5,
                wait_max=8.0,
                wait_jitter=0.5,
            ):
                with attempt:
                    if attempt.num == 1:
                        raise first
                    return await self._attempt(client, request, urls)
        except failures() as problem:
            return Trouble(self._why(problem))
        raise AssertionError("stamina ends in a reply or an error")

    async def _attempt(self, client: AsyncOpenAI, request: Request, urls: Sequence[str]) -> Reply | Trouble:
        """One call; it is noted how it went. Raises what the client raises."""
        from openai import APIStatusError

        if not self._breaker.closed():
            return self._given_up()
        started = time.monotonic()
        try:
            with fail_after(self._timeout):  # the client's own timeout is for each read
                found = read_body(await self._post(client, request, urls), self._key)
        except APIStatusError as problem:
            self._note(problem, started)
            raise
        except failures() as problem:
            self._breaker.failed(started, self._why(problem))
            raise
        self._breaker.went_well()
        self._pace.went_well()
        return self._priced(found)

    async def _post(self, client: AsyncOpenAI, request: Request, urls: Sequence[str]) -> bytes | Trouble:
        """The body of a reply; a server that does not know a parameter is asked without it from then on.

        By `post`, as `chat.completions` does it, but arguments are not walked through by their type hints at every
        call; with the whole address, which is then not put together anew: half of what the client takes.
        """
        from httpx2 import Response
        from openai import AsyncStream, BadRequestError, UnprocessableEntityError

        known = dialect = self._dialect
        while True:
            asked = {"model": self._model} | body_of(request, urls, self._sampling, dialect)
            try:
                response = await client.post(
                    self._calls, cast_to=Response, body=asked, stream=True, stream_cls=AsyncStream[object]
                )
            except (BadRequestError, UnprocessableEntityError) as problem:
                simpler = dialect.without(said(problem), asked)
                if simpler is None:
                    raise
                dialect = simpler
                continue
            if dialect is not known:  # and not before: a picture that it refuses in any words teaches nothing
                self._dialect = dialect
            return await _body(response)

    def _note(self, problem: Any, started: float) -> None:
        status, why = problem.status_code, self._why(problem)
        if status == 429:
            self._pace.too_many(retry_after(problem.response.headers), started)
            self._breaker.failed(started, why, busy=True)
        elif status in (401, 403, 404):
            self._breaker.refused(why)
        elif status >= 500 or status == 408:
            self._breaker.failed(started, why)

    def _again(self, problem: Exception) -> bool | float:
        """Whether to try again and, where the server says so, after how many seconds."""
        from openai import APIConnectionError, APIStatusError

        if isinstance(problem, APIStatusError):
            if problem.status_code not in (408, 409, 429) and problem.status_code < 500:
                return False
            wait = retry_after(problem.response.headers)
            return True if wait is None else wait <= LONGEST_WAIT and max(wait, 0.01)
        return isinstance(problem, APIConnectionError | TimeoutError | ConnectionError)

    def _priced(self, found: Reply | Trouble) -> Reply | Trouble:
        if isinstance(found, Trouble):
            return found
        return replace(found, usage=replace(found.usage, usd=self._cost(found)))

    def _cost(self, found: Reply) -> float | None:
        """US dollars; None where no price is known, or a token costs and the server does not count them."""
        tokens = (found.usage.prompt_tokens, found.usage.completion_tokens)
        counted = tokens[0] and (tokens[1] or not found.text)  # no prompt, and no reply with a word in it, takes none
        if self._prices is None or (any(self._prices) and not counted):
            return None
        return sum(count * price for count, price in zip(tokens, self._prices, strict=True)) / 1e6

    def _given_up(self) -> Trouble:
        return Trouble(self._breaker.reason or "the server was given up")

    def _why(self, problem: Exception) -> str:
        return reason(problem, self._key)


async def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def _done(reply: Trouble) -> Future[Reply | Trouble]:
    future: Future[Reply | Trouble] = Future()
    future.set_result(reply)
    return future


async def _body(response: Response) -> bytes | Trouble:
    try:
        async with aclosing(response):
            return await bounded_body(response.aiter_bytes())
    except Exception as problem:  # while a body is read, the client lets the errors of its HTTP library through
        raise ConnectionError(f"the connection broke: {type(problem).__name__}") from problem
