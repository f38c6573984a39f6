"""Yes and no among the likeliest first tokens of a reply, as servers list them: what P(yes) is read off.

VQAScore: arXiv 2404.01291.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, isfinite
from typing import Protocol

_ROUNDING = 1e-3
"""So far above 0 may rounding carry the logprob of a word that is sure."""


class Token(Protocol):
    """What a server says of one token."""

    @property
    def token(self) -> str: ...

    @property
    def logprob(self) -> float: ...


def yes_and_no(said: Token, rivals: Sequence[Token]) -> dict[str, float]:
    """The probabilities that the first token spells "yes" and "no", of the one that was `said` and its `rivals`.

    Not every server lists the former among the latter.

    Raises:
        ValueError: a logprob of either is impossible; what is left would be the whole.
    """
    chances = {"yes": 0.0, "no": 0.0}
    for one in _listed(said, rivals):
        word = spelling(one)
        if word not in chances:
            continue
        if not (isfinite(one.logprob) and one.logprob <= _ROUNDING):
            raise ValueError(f"{one.token!r} the logprob {one.logprob}")
        chances[word] += exp(min(0.0, one.logprob))
    return chances


def spelling(token: Token) -> str:
    """The word that a token spells, without case and spaces."""
    return token.token.strip().casefold()


def _listed(said: Token, rivals: Sequence[Token]) -> Sequence[Token]:
    return rivals if any(rival.token == said.token for rival in rivals) else (said, *rivals)
