"""The same question in other words: a sound judge gives the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rlrig_eval.scene import Requirement

_SYNONYMS = {
    "left of": "to the left of",
    "right of": "to the right of",
    "above": "higher than",
    "below": "lower than",
    "under": "beneath",
    "inside": "within",
    "near": "close to",
    "far from": "a long way from",
    "bigger than": "larger than",
    "smaller than": "less big than",
    "in front of": "partly covering",
    "behind": "partly covered by",
}
"""Other words for predicates; the last two say what in front of and behind look like."""


def as_a_fact(requirement: Requirement) -> str:
    """
    >>> from rlrig_eval.scene import parse
    >>> as_a_fact(parse("a red circle").requirements()[0])
    'is it true that there is a circle in this picture?'
    """
    return f"is it true that {_placed(requirement.statement())}?"


def as_shown(requirement: Requirement) -> str:
    """
    >>> from rlrig_eval.scene import parse
    >>> as_shown(parse("a red circle above a blue square").requirements()[-1])
    'does the picture show that the circle is above the square?'
    """
    return f"does the picture show that {requirement.statement()}?"


def with_synonyms(requirement: Requirement) -> str:
    """The plain question, with another word for its predicate where there is one.

    >>> from rlrig_eval.scene import parse
    >>> with_synonyms(parse("a red circle left of a blue square").requirements()[-1])
    'is the circle to the left of the square?'
    """
    plain, predicate = requirement.question(), requirement.predicate or ""
    if predicate not in _SYNONYMS:
        return plain
    return re.sub(rf"\b{predicate}\b", _SYNONYMS[predicate], plain, count=1)


WORDINGS: Mapping[str, Callable[[Requirement], str]] = {
    "as a fact": as_a_fact,
    "as shown": as_shown,
    "synonyms": with_synonyms,
}


def _placed(statement: str) -> str:
    return f"{statement} in this picture" if statement.startswith("there ") else statement
