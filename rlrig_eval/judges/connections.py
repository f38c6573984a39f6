"""HTTP/1.1 connections to one server, for many calls at once: the transport beneath the official client.

The one that it comes with (httpcore) looks through all connections at every call and costs more than half of what a
call takes of the processor; 64 calls at once of 0.2 s each leave 3.1 ms for one on one core. The protocol is h11's.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import h11
import httpx2

_LONGEST_HEAD = 100 * 2**10
"""Bytes of a reply's headers that are read, as in httpcore."""
_NEXT_ADDRESS = 0.25
"""Seconds until a host's next address is tried beside the first (RFC 8305, section 8)."""


def transport_to(url: str) -> httpx2.AsyncBaseTransport | None:
    """A transport for calls to the server of `url`; None, the client's own, where the environment names a proxy."""
    parts, proxies = urlsplit(url), getproxies()
    if (proxies.get(parts.scheme) or proxies.get("all")) and not proxy_bypass(parts.netloc):
        return None
    tls = parts.scheme == "https"
    return Connections(parts.hostname or "", parts.port or (443 if tls else 80), tls)


class Connections(httpx2.AsyncBaseTransport):
    """Connections that are kept, each for one call at a time; in the event loop that first calls.

    Every request goes to the one server. The caller bounds how many calls there are at once, and how long one takes.
    """

    def __init__(self, host: str, port: int, tls: bool) -> None:
        self._host, self._port = host, port
        self._tls: ssl.SSLContext | None = httpx2.create_ssl_context() if tls else None
        self._idle: list[_Connection] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        connection = self._kept() or await self._connect()
        try:
            head = await connection.ask(request)
        except BaseException:  # a cancelled call too: its reply may still come
            connection.close()
            raise
        return httpx2.Response(head.status_code, headers=list(head.headers), stream=_Body(connection, self._idle))

    async def aclose(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> _Connection | None:
        """The one used last, which the server is the least likely to have closed."""
        while self._idle:
            connection = self._idle.pop()
            if connection.quiet:
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        make = asyncio.get_running_loop().create_connection
        try:
            _, connection = await make(
                _Connection, self._host, self._port, ssl=self._tls, happy_eyeballs_delay=_NEXT_ADDRESS
            )
        except OSError as problem:
            raise httpx2.ConnectError(str(problem)) from problem
        return connection


class _Connection(asyncio.Protocol):
    """One request at a time, and the events of its reply. Raises httpx2's TransportError."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._waiting: asyncio.Future[None] | None = None
        self._broken: str | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing came, no end either, that belongs to no request."""
        return self._broken is None and self._http.trailing_data == (b"", False)

    async def ask(self, request: httpx2.Request) -> h11.Response:
        """Sends the request, and waits for the head of its reply."""
        target, headers, body = request.url.raw_path, request.headers.raw, await request.aread()
        try:
            events = h11.Request(method=request.method, target=target, headers=headers), h11.Data(body)
            sent = [self._http.send(event) for event in (*events, h11.EndOfMessage())]
        except h11.LocalProtocolError as problem:
            raise httpx2.LocalProtocolError(str(problem)) from problem
        self._transport.write(b"".join(filter(None, sent)))
        while not isinstance(event := await self.event(), h11.Response):
            pass  # 100 Continue, 103 Early Hints
        return event

    async def event(self) -> h11.Event:
        """What comes next of a reply."""
        while (event := self._next()) is h11.NEED_DATA:
            if self._broken is not None:
                raise httpx2.ReadError(self._broken)
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return event

    def reusable(self) -> bool:
        """Whether a reply was read to its end and another request may follow; makes ready for it."""
        try:
            self._http.start_next_cycle()
        except h11.LocalProtocolError:
            return False
        return True

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # never held back: who asks takes it at once, or closes
        self._http.receive_data(data)
        self._wake()

    def eof_received(self) -> None:
        self._http.receive_data(b"")
        self._wake()

    def connection_lost(self, problem: Exception | None) -> None:
        self._broken = str(problem or "the connection was closed")
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _next(self) -> h11.Event | type[h11.NEED_DATA]:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as problem:
            raise httpx2.RemoteProtocolError(str(problem)) from problem


class _Body(httpx2.AsyncByteStream):
    """The body of a reply; with its end the connection is idle, and before it is closed."""

    def __init__(self, connection: _Connection, idle: list[_Connection]) -> None:
        self._connection, self._idle = connection, idle

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while isinstance(event := await self._connection.event(), h11.Data):
                yield bytes(event.data)
        except BaseException:
            self._connection.close()
            raise

    async def aclose(self) -> None:
        if self._connection.reusable():
            self._idle.append(self._connection)
        else:
            self._connection.close()
