"""Secrets: what a user gives as an option, or a server says back, goes into no file with one in it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rlrig_eval.errors import UsageError
from rlrig_eval.plugins.options import guessed

HIDDEN = "***"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET = re.compile(
    r"(key(s|value|string|file)?|token(value|string)?)$|(access|private|api|auth)(key|token)|secret|passw|credential"
    r"|authoriz"
)
_ORDINARY = frozenset({"donkey", "hockey", "jockey", "monkey", "turkey", "whiskey"})
_USER = re.compile(r"(://)[^/?#\s]+(?=@)")
_QUERY = re.compile(r"([?&]([^=&#\s]*)=)[^&#\s]+")


def redacted(values: Mapping[str, Any], defaults: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """`values` with what looks like a secret by its name hidden, at any depth.

    None, an option that was not given, is none, and no number is: a threshold of keys stays. What equals the one of
    `defaults` was written into a constructor, and nobody gave it; unless the environment holds it, where keys lie.

    >>> redacted({"api_key": "abc", "n": 5, "headers": {"Authorization": "Bearer abc"}, "key": 0.2})
    {'api_key': '***', 'n': 5, 'headers': {'Authorization': '***'}, 'key': 0.2}
    >>> redacted({"api_key": "none"}, defaults={"api_key": "none"})
    {'api_key': 'none'}
    """
    return {
        key: HIDDEN
        if _may_hide(value) and names_secret(str(key)) and not _is_written(key, value, defaults)
        else _shown(value)
        for key, value in values.items()
    }


def names_secret(name: str) -> bool:
    """Whether a word of a name is that of a secret: one that ends in key or token, or holds secret, password, ...

    >>> [*map(names_secret, ("api_key", "apikey", "X-Api-Key", "accessToken", "hf_token", "Authorization"))]
    [True, True, True, True, True, True]
    >>> [*map(names_secret, ("accesskeyid", "privatekeypem", "keyfile"))]
    [True, True, True]
    >>> [*map(names_secret, ("keyframes", "keyword", "tokenizer", "max_tokens", "monkey"))]
    [False, False, False, False, False]
    """
    words = (word.lower() for word in _WORD.findall(name))
    return any(_SECRET.search(word) and word not in _ORDINARY for word in words)


def alike(one: Any, other: Any) -> bool:
    """Whether two records are equal but for what is hidden in either: a secret decides nothing."""
    if HIDDEN in (one, other):
        return True
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


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
    return _QUERY.sub(_parameter, _USER.sub(rf"\1{HIDDEN}", text))


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


def _is_written(key: str, value: Any, defaults: Mapping[str, Any]) -> bool:
    """Whether an option has its constructor's own default, and that was not read from the environment."""
    return key in defaults and defaults[key] == value and (value == "" or value not in os.environ.values())


def _may_hide(value: Any) -> bool:
    return value is not None and not isinstance(value, bool | float | int)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return redacted(value)
    if isinstance(value, list | tuple):
        items = [_shown(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return redacted_text(value) if isinstance(value, str) else value


def _parameter(found: re.Match[str]) -> str:
    return f"{found[1]}{HIDDEN}" if names_secret(found[2]) else found[0]


def _word(word: str) -> str:
    key, equals, value = word.partition("=")
    if not equals:
        return redacted_text(word)
    if names_secret(key):
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
