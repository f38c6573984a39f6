"""Nothing here asks the network: whatever tries to is found out at the end of its module."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module", autouse=True)
def _no_network() -> Iterator[None]:
    asked: list[str] = []

    def refuse(*given: Any, **_: Any) -> None:
        asked.append(repr(given[:2]))  # raising alone would not do: loaders catch what goes wrong, and go on
        raise OSError("the network is off in these tests")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket.socket, "connect", refuse)
        yield
    assert asked == []
