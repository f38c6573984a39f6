"""Models behind an OpenAI-compatible server: vLLM, SGLang, ``transformers serve``, or hosted."""

from __future__ import annotations

import json
import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import stamina
from anyio import fail_after
from anyio.from_thread import start_blocking_portal

from rlrig_eval.errors import UsageError
from rlrig_eval.judges.contract import Reply, Request, Trouble
from rlrig_eval.judges.pictures import PerPicture, data_url
from rlrig_eval.judges.prices import price_of
from rlrig_eval.judges.traffic import LONGEST_WAIT, Breaker, Gate, Pace, retry_after
from rlrig_eval.judges.wire import Dialect, body_of, bounded_body, read_body

if TYPE_CHECKING:
    from openai import AsyncOpenAI

KEY = "OPENAI_API_KEY"
ADDRESS = "OPENAI_BASE_URL"
HOSTED = "https://api.openai.com/v1"
_SHOWN = 300
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
        self._key = os.environ.get(KEY, "")
        if not self._key and self._url == HOSTED:
            raise UsageError(f"{KEY} is not set, and {HOSTED} asks for one")
        self._model, self._sampling = model, {"temperature": temperature, "seed": seed, "max_tokens": reply_limit}
        self._url_of = PerPicture(lambda image: data_url(image, max_side))
        self._dialect = Dialect(structured=structured == "auto")
        self._timeout, self._attempts, self._window = timeout, attempts, 4 * concurrency
        self._pace, self._breaker = Pace(concurrency), Breaker(patience)
        self._prices = None if input_price is None or output_price is None else (input_price, output_price)

    @staticmethod
    def check(**options: Any) -> dict[str, Any]:
        """The options with the server's address and the model's price filled in; UsageError for a bad one."""
        url = options["base_url"] or os.environ.get(ADDRESS) or HOSTED
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"judge openai: base_url must be http:// or https:// and a host, not {url!r}")
        if parts.username or parts.password:
            raise UsageError(f"judge openai: no user or password in base_url; a key comes from {KEY}")
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
            out: deque[Future[Reply | Trouble]] = deque()
            try:
                for request in requests:
                    if self._breaker.hopeless():
                        out.append(_done(self._given_up()))
                    else:
                        urls = tuple(map(self._url_of, request.images))  # here, where it holds up no other call
                        out.append(portal.start_task_soon(self._answer, client, gate, request, urls))
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

        http = DefaultAsyncHttpxClient(follow_redirects=False, timeout=self._timeout)
        # Some servers want no key, the client wants one.
        client = AsyncOpenAI(api_key=self._key or "none", base_url=self._url, max_retries=0, http_client=http)
        return client, Gate(self._pace)

    async def _answer(self, client: AsyncOpenAI, gate: Gate, request: Request, urls: Sequence[str]) -> Reply | Trouble:
        from openai import APIError

        async with gate:
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
                        return await self._attempt(client, request, urls)
            except (APIError, TimeoutError, ConnectionError) as problem:
                return Trouble(self._clean(_reason(problem)))
        raise AssertionError("stamina ends in a reply or an error")

    async def _attempt(self, client: AsyncOpenAI, request: Request, urls: Sequence[str]) -> Reply | Trouble:
        """One call; it is noted how it went. Raises what the client raises."""
        from openai import APIError, APIStatusError

        if not self._breaker.closed():
            return self._given_up()
        started = time.monotonic()
        try:
            with fail_after(self._timeout):  # the client's own timeout is for each read
                found = read_body(await self._post(client, request, urls))
        except APIStatusError as problem:
            self._note(problem, started)
            raise
        except (APIError, TimeoutError, ConnectionError) as problem:
            self._breaker.failed(started, _reason(problem))
            raise
        self._breaker.went_well()
        self._pace.went_well()
        return self._priced(found)

    async def _post(self, client: AsyncOpenAI, request: Request, urls: Sequence[str]) -> bytes | Trouble:
        """The body of a reply; a server that does not know a parameter is asked without it from then on.

        All goes as `extra_body`: arguments the client would walk through by their type hints, at every call.
        """
        from openai import BadRequestError, UnprocessableEntityError

        known = dialect = self._dialect
        while True:
            asked = body_of(request, urls, self._sampling, dialect)
            call = client.chat.completions.with_streaming_response.create
            try:
                async with call(model=self._model, messages=[], extra_body=asked) as response:
                    if dialect is not known:  # and not before: a picture that it refuses in any words teaches nothing
                        self._dialect = dialect
                    return await _body(response)
            except (BadRequestError, UnprocessableEntityError) as problem:
                simpler = dialect.without(_said(problem), asked)
                if simpler is None:
                    raise
                dialect = simpler

    def _note(self, problem: Any, started: float) -> None:
        status, reason = problem.status_code, _reason(problem)
        if status == 429:
            self._pace.too_many(retry_after(problem.response.headers), started)
            self._breaker.failed(started, reason, busy=True)
        elif status in (401, 403, 404):
            self._breaker.refused(reason)
        elif status >= 500 or status == 408:
            self._breaker.failed(started, reason)

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
            return Trouble(self._clean(found.reason), self._clean(found.text))
        usd = None
        if self._prices is not None:
            tokens = (found.usage.prompt_tokens, found.usage.completion_tokens)
            usd = sum(count * price for count, price in zip(tokens, self._prices, strict=True)) / 1e6
        return Reply(self._clean(found.text), found.p_yes, replace(found.usage, usd=usd))

    def _given_up(self) -> Trouble:
        return Trouble(self._clean(self._breaker.reason or "the server was given up"))

    def _clean(self, text: str) -> str:
        """A server may echo the key; it goes no further."""
        return text.replace(self._key, "***") if self._key else text


def _done(reply: Trouble) -> Future[Reply | Trouble]:
    future: Future[Reply | Trouble] = Future()
    future.set_result(reply)
    return future


async def _body(response: Any) -> bytes | Trouble:
    try:
        return await bounded_body(response.iter_bytes())
    except Exception as problem:  # while a body is read, the client lets the errors of its HTTP library through
        raise ConnectionError(f"the connection broke: {type(problem).__name__}") from problem


def _reason(problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return "no reply in time"
    status = getattr(problem, "status_code", None)
    said = " ".join(_said(problem).split())[:_SHOWN]
    return said if status is None or str(status) in said else f"HTTP {status}: {said}"


def _said(problem: Exception) -> str:
    """What is wrong, in the server's words: the client keeps those of OpenAI's own `error.message` alone."""
    message, body = str(getattr(problem, "message", problem)), getattr(problem, "body", None)
    if not body or (isinstance(body, Mapping) and isinstance(body.get("message"), str)):
        return message
    return f"{message} - {body if isinstance(body, str) else json.dumps(body)}"
