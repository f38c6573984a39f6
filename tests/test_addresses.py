"""Addresses are told apart from what nobody can be asked at, before anybody is; and none holds a password."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from rlrig_eval.addresses import data_url, server_address
from rlrig_eval.errors import UsageError


@pytest.mark.parametrize(
    "url",
    [
        "http://host",
        "https://host:8000/v1?size=8",
        "http://[::1]:8000/draw",
        "http://127.0.0.1:8000/reward?model=a",
        "http://host/a@b",
    ],
)
def test_an_address_is_taken(url: str) -> None:
    assert server_address("model x", "url", url) == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://host", "model x: url must be http:// or https:// and a host, not 'ftp://host'"),
        ("https://", "must be http:// or https:// and a host"),
        ("http://[::1", "must be http:// or https:// and a host"),
        ("http://[::1", "IPv6"),
        ("http://host:port/", "Port"),
        ("http://host:70000/", "Port"),
        ("http://a..b/", "label"),
        ("localhost:8000", "must be http:// or https:// and a host"),
        ("http://host/my reward", "%XX"),
        ("http://host/b\u00e9ret", "%XX"),
        ("https://me:s3cr3t@host", "model x: no user or password in url; a key comes from X_KEY"),
        ("https://me@host", "no user or password"),
        ("ftp://:s3cr3t@host", "no user or password"),
        ("http://me:s3cr3t@[::1", "no user or password"),
    ],
)
def test_an_address_is_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        server_address("model x", "url", url, "X_KEY")
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_key_in_an_address_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        server_address("model x", "url", "http://host/my model?api_key=s3cr3t")
    assert "s3cr3t" not in str(caught.value)


def test_a_picture_is_written_as_an_address_and_read_back_whole() -> None:
    picture = Image.linear_gradient("L").convert("RGB")
    head, _, coded = data_url(picture).partition(",")
    assert head == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(coded))).tobytes() == picture.tobytes()
