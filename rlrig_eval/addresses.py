"""Addresses of servers, which are recorded and so may hold no password, and pictures written as addresses."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rlrig_eval.errors import UsageError
from rlrig_eval.plugins.redaction import redacted_text

if TYPE_CHECKING:
    from PIL.Image import Image


def server_address(what: str, option: str, url: str, key: str | None = None) -> str:
    """`url`, where it is one that can be asked, and recorded.

    Args:
        what, option: whose address it is, and what it was given as, for messages.
        key: the environment variable that a key belongs in, where there is one.

    Raises:
        UsageError: it is no http:// or https:// address with a host, has a port or signs that are none, or names a
            user or password.
    """
    fault = ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # both are parsed when they are read
        host.encode("idna")
    except ValueError as problem:  # an unclosed bracket, say
        parts, host, fault = urlsplit(""), "", f" ({problem})"
    if "@" in (parts.netloc or url):  # not shown: there may be a password in it
        raise UsageError(f"{what}: no user or password in {option}" + (f"; a key comes from {key}" if key else ""))
    if parts.scheme not in ("http", "https") or not host:
        shown = redacted_text(url)
        raise UsageError(f"{what}: {option} must be http:// or https:// and a host, not {shown!r}{fault}")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(
            f"{what}: {option}: spaces and what is not ASCII are written as %XX, not {redacted_text(url)!r}"
        )
    return url


def png_base64(image: Image) -> str:
    """The picture as PNG in base64, as it stands in JSON."""
    written = io.BytesIO()
    image.save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode("ascii")


def data_url(image: Image) -> str:
    """The picture itself, as PNG, in the form of an address."""
    return f"data:image/png;base64,{png_base64(image)}"
