"""What went wrong with a call through the official client, and in what words it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rlrig_eval.plugins.redaction import without

_SHOWN = 300


def failures() -> tuple[type[Exception], ...]:
    """What a call raises when it comes to nothing."""
    from openai import APIError

    return APIError, TimeoutError, ConnectionError


def reason(problem: Exception, key: str = "") -> str:
    """One line for who reads why a picture is unscored; a server may echo the `key`, which goes no further."""
    if isinstance(problem, TimeoutError):
        return "no reply in time"
    status = getattr(problem, "status_code", None)
    words = " ".join(without(said(problem), key).split())[:_SHOWN]
    return words if status is None or str(status) in words else f"HTTP {status}: {words}"


def said(problem: Exception) -> str:
    """What is wrong, in the server's words: the client keeps those of OpenAI's own `error.message` alone."""
    message, body = str(getattr(problem, "message", problem)), getattr(problem, "body", None)
    if not body or (isinstance(body, Mapping) and isinstance(body.get("message"), str)):
        return message
    return f"{message} - {body if isinstance(body, str) else json.dumps(body)}"
