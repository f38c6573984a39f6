"""Secrets: what a user gives as an option, or a server says back, goes into no file with one in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rlrig_eval.errors import UsageError
from rlrig_eval.plugins.options import guessed

HIDDEN = "***"
_NAMES = "key|token(?!s|iz)|secret|passw|credential|authoriz"  # max_tokens is none
_SECRET = re.compile(_NAMES, re.IGNORECASE)
_USER = re.compile(r"(://)[^/?#\s]+(?=@)")
_QUERY = re.compile(rf"([?&][^=&#\s]*(?:{_NAMES})[^=&#\s]*=)[^&#\s]+", re.IGNORECASE)


def redacted(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with what looks like a secret hidden, at any depth. None, an option that was not given, is none, and no
    number is: a threshold of keyboards stays.

    >>> redacted({"api_key": "abc", "n": 5, "headers": {"Authorization": "Bearer abc"}, "keyboard": 0.2})
    {'api_key': '***', 'n': 5, 'headers': {'Authorization': '***'}, 'keyboard': 0.2}
    """
    return {
        key: HIDDEN if _may_hide(value) and _SECRET.search(str(key)) else _shown(value) for key, value in values.items()
    }


def redacted_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """
    >>> redacted_argv(["run", "-M", "api_key=abc", "-M", "n=5"])
    ('run', '-M', 'api_key=***', '-M', 'n=5')
    """
    return tuple(map(_word, argv))


def redacted_text(text: str) -> str:
    """`text` with the secrets of the addresses in it hidden.

    >>> redacted_text("https://me:abc@host/draw?size=8&api_key=abc")
    'https://***@host/draw?size=8&api_key=***'
    """
    return _QUERY.sub(rf"\1{HIDDEN}", _USER.sub(rf"\1{HIDDEN}", text))


def hidden(values: Mapping[str, Any]) -> Iterator[str]:
    """The names in a record under which something was hidden."""
    return (key for key, value in values.items() if _holds_hidden(value))


def refuse_hidden(values: Mapping[str, Any], flag: str) -> None:
    """Raise UsageError, naming the option of `flag`, where a record that is gone on from hides something."""
    for key in hidden(values):
        raise UsageError(f"the value of {flag} {key} was hidden when the run was recorded; give it again")


def without(text: str, secret: str) -> str:
    """What a server says, without the key that it may echo. Before it is cut, or half the key would get through."""
    return text.replace(secret, HIDDEN) if secret else text


def _may_hide(value: Any) -> bool:
    return value is not None and not isinstance(value, bool | float | int)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return redacted(value)
    if isinstance(value, list | tuple):
        items = [_shown(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return redacted_text(value) if isinstance(value, str) else value


def _word(word: str) -> str:
    key, equals, value = word.partition("=")
    if not equals:
        return redacted_text(word)
    if _SECRET.search(key):
        return f"{key}={HIDDEN}"
    read = guessed(value)
    if isinstance(read, dict | list):  # a setting that is written as JSON
        clean = _shown(read)
        return word if clean == read else f"{key}={json.dumps(clean)}"
    return f"{key}={redacted_text(value)}"


def _holds_hidden(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_hidden, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_hidden, value))
    return isinstance(value, str) and (value == HIDDEN or ("://" in value and HIDDEN in value))
