"""What a judge or a scorer says, as the files of a run can hold it: anybody's code may put anything into it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from rlrig_eval.judges import Unscored, Verdict
from rlrig_eval.runs.scorers import Scores

_VERDICT, _SCORES = TypeAdapter(Verdict), TypeAdapter(Scores)


class Unstorable(ValueError):
    """Something was said that no file can hold; the message says by whom, and what is wrong with it."""


def storable_verdict(said: Verdict | Unscored, slug: str) -> Verdict | Unscored:
    """What the judge of that slug says, numpy's numbers as Python's; Unscored where it cannot be kept."""
    try:
        if isinstance(said, Unscored):
            return Unscored(legible(said.reason), tuple(map(legible, said.raw)))
        kept = _VERDICT.validate_json(_json(said))
        _require_finite(kept.values)
        _require_shares({"score": kept.score, **kept.answers})
    except Exception as problem:  # of any kind: what lies in there is somebody else's
        return Unscored(f"judge {slug}: what it says cannot be kept: {_why(problem)}")
    return kept


def storable_scores(said: Any, slug: str) -> Scores:
    """What the scorer of that slug says, numpy's numbers as Python's.

    Raises:
        Unstorable: it is no `Scores`, or cannot be kept.
    """
    if not isinstance(said, Scores):
        raise Unstorable(f"scorer {slug}: it returned a {type(said).__name__}, not Scores")
    try:
        kept = _SCORES.validate_json(_json(said))
        _require_finite(kept.values)
    except Exception as problem:
        raise Unstorable(f"scorer {slug}: what it says cannot be kept: {_why(problem)}") from problem
    return kept


def legible(words: object) -> str:
    r"""Words that UTF-8 can hold: half a character, as in the name of a broken file, is spelled out.

    >>> legible("no such file: caf\udce9")
    'no such file: caf\\udce9'
    """
    return str(words).encode(errors="backslashreplace").decode()


def _json(said: object) -> bytes:
    return to_json(said, fallback=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.floating):  # `tolist` of a long double is a long double
        return float(value)
    if hasattr(value, "tolist"):  # numpy's numbers and arrays, and torch's
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _require_finite(numbers: Mapping[str, float | None]) -> None:
    for name, number in numbers.items():
        if number is not None and not isfinite(number):
            raise ValueError(f"{name} is {number}; where there is nothing to say, say None")


def _require_shares(numbers: Mapping[str, float | None]) -> None:
    """A mark out of ten would stand beside shares, and in intervals and gates that take it for one."""
    for name, number in numbers.items():
        if number is not None and not 0.0 <= number <= 1.0:  # false for NaN too
            raise ValueError(f"{name} is {number}, not between 0 and 1")


def _why(problem: Exception) -> str:
    """What is wrong, in one line."""
    if isinstance(problem, ValidationError):
        fault = problem.errors()[0]
        return ": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"])))
    return legible(" ".join(str(problem).split()))
