"""``key=value`` from the command line, converted to what the constructor of a class states."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rlrig_eval.errors import UsageError, first_line


def pairs(given: Iterable[str], flag: str) -> dict[str, str]:
    """``["n=5"]`` as ``{"n": "5"}``.

    Raises:
        UsageError: an item that is not key=value, or a key that is given twice.
    """
    found: dict[str, str] = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not (equals and key):
            raise UsageError(f"{flag} {item}: expected key=value")
        if key in found:
            raise UsageError(f"{flag} {key}: given twice")
        found[key] = value
    return found


def guessed(value: Any) -> Any:
    """A string that reads as a JSON value is that value; anything else stays as it is.

    >>> guessed("28"), guessed("true"), guessed("bf16"), guessed(3)
    (28, True, 'bf16', 3)
    """
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return value


def converted(factory: Callable[..., Any], options: Mapping[str, Any], what: str, flag: str = "-M") -> dict[str, Any]:
    """`options` as keyword arguments of `factory`, each in the type of its annotation, defaults filled in.

    The argument `settings` is not an option. A value without an annotation is `guessed`. `flag` is the one that
    options are given with, for messages.

    Raises:
        UsageError: an unknown or missing option, or a value of another type.
    """
    takes = {
        name: parameter
        for name, parameter in parameters(factory, what).items()
        if name != "settings" and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    for name in options:
        if name not in takes:
            raise UsageError(f"{what}: {UsageError.unknown('option', name, takes)}")
    for name, parameter in takes.items():
        if parameter.default is parameter.empty and name not in options:
            raise UsageError(f"{what} needs {flag} {name}=...")
    given = {name: options.get(name, parameter.default) for name, parameter in takes.items()}
    return {name: _as(takes[name].annotation, value, f"{what}: option {name}") for name, value in given.items()}


def parameters(factory: Callable[..., Any], what: str) -> Mapping[str, inspect.Parameter]:
    """What a class or function is called with, its annotations evaluated. Raises UsageError where that is not known."""
    try:
        return inspect.signature(factory, eval_str=True).parameters
    except NameError as problem:  # an annotation that is imported for type checkers alone
        raise UsageError(f"{what}: its annotations cannot be read: {problem}; import the name at run time") from problem
    except Exception as problem:  # a class of C says nothing; an annotation that is no expression raises anything
        raise UsageError(f"{what}: its options cannot be read: {first_line(problem)}") from problem


def defaults(factory: Callable[..., Any]) -> dict[str, Any]:
    """What the constructor of a class, or a function, takes where an option is not given."""
    parameters = inspect.signature(factory).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty}


def _as(hint: Any, value: Any, what: str) -> Any:
    if hint is inspect.Parameter.empty:
        return guessed(value)
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as problem:
        raise UsageError(f"{what}={value}: {problem.errors()[0]['msg']}") from None
