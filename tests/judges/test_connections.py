"""The transport beneath the client, against a server that says exactly what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest

from rlrig_eval.judges.connections import Connections, transport_to

Call = Callable[[], Awaitable[bytes]]
CLOSE = b""
"""In a script: the server closes the connection here."""


def reply(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


class Server:
    """Answers the n-th request, over all connections, with the n-th script."""

    def __init__(self, *scripts: list[bytes]) -> None:
        self.scripts, self.connections = list(scripts), 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(2)
                for said in self.scripts.pop(0):
                    if said == CLOSE:
                        return
                    writer.write(said)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def calls(self) -> AsyncIterator[Call]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx2.AsyncClient(transport=Connections("127.0.0.1", port, tls=False)) as client:

            async def call() -> bytes:
                return (await client.post(f"http://127.0.0.1:{port}/", content=b"{}")).content

            yield call


def said_to(server: Server, times: int) -> list[bytes]:
    async def ask() -> list[bytes]:
        async with server.calls() as call:
            bodies = []
            for _ in range(times):
                bodies.append(await call())
                await asyncio.sleep(0.02)  # what a server says or does after its reply arrives meanwhile
            return bodies

    return asyncio.run(ask())


def test_calls_one_after_another_share_a_connection() -> None:
    server = Server([reply(b"a")], [reply(b"b")], [reply(b"c")])
    assert said_to(server, 3) == [b"a", b"b", b"c"]
    assert server.connections == 1


def test_calls_at_once_have_one_each() -> None:
    server = Server(*[[reply(b"a")]] * 5)

    async def ask() -> list[bytes]:
        async with server.calls() as call:
            return await asyncio.gather(*(call() for _ in range(5)))

    assert asyncio.run(ask()) == [b"a"] * 5
    assert server.connections == 5


@pytest.mark.parametrize(
    "ended",
    [
        [reply(b"a"), CLOSE],
        [b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\na"],
        [b"HTTP/1.0 200 OK\r\n\r\na", CLOSE],
        [reply(b"a"), reply(b"of nobody's question")],
    ],
    ids=["closed later", "to be closed", "ends with the connection", "says more than it was asked"],
)
def test_a_connection_that_is_of_no_use_is_not_used_again(ended: list[bytes]) -> None:
    server = Server(ended, [reply(b"b")])
    assert said_to(server, 2) == [b"a", b"b"]
    assert server.connections == 2


def test_a_body_in_chunks_after_a_word_in_advance_is_read() -> None:
    chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    server = Server([b"HTTP/1.1 103 Early Hints\r\n\r\n", chunks], [reply(b"b")])
    assert said_to(server, 2) == [b"abc", b"b"]
    assert server.connections == 1


@pytest.mark.parametrize(
    "broken",
    [
        [CLOSE],
        [b"HTTP/1.1 200", CLOSE],
        [reply(b"abc")[:-1], CLOSE],
        [b"\x16\x03\x01 no HTTP\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000],
    ],
    ids=["nothing", "half a head", "half a body", "another protocol", "headers without end"],
)
def test_what_is_no_whole_reply_is_an_error_and_the_next_call_is_well(broken: list[bytes]) -> None:
    server = Server(broken, [reply(b"b")])

    async def ask() -> bytes:
        async with server.calls() as call:
            with pytest.raises(httpx2.TransportError):
                await call()
            return await call()

    assert asyncio.run(ask()) == b"b"


def test_a_reply_that_was_not_waited_for_answers_nobody_else() -> None:
    server = Server([], [reply(b"b")])

    async def ask() -> bytes:
        async with server.calls() as call:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(call(), 0.05)
            return await call()

    assert asyncio.run(ask()) == b"b"
    assert server.connections == 2


def test_a_server_that_speaks_no_tls_is_not_reached_by_https() -> None:
    async def at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(at_once, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx2.AsyncClient(transport=Connections("127.0.0.1", port, tls=True)) as client:
            await client.post(f"https://127.0.0.1:{port}/")

    with pytest.raises(httpx2.ConnectError):
        asyncio.run(ask())


def test_a_proxy_of_the_environment_is_left_to_the_clients_own_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert isinstance(transport_to("http://host/v1"), Connections)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    assert transport_to("http://host/v1") is None
    assert isinstance(transport_to("https://host/v1"), Connections)
    monkeypatch.setenv("NO_PROXY", "host")
    assert isinstance(transport_to("http://host/v1"), Connections)
