"""What a vision-language model takes to look and to write, counted by the roles as they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spent:
    """Calls of a vision-language model, and the tokens that it read (those of the picture too) and wrote.

    Tokens are None where nobody counted them.
    """

    calls: int = 0
    read: int | None = 0
    written: int | None = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.calls + other.calls, summed(self.read, other.read), summed(self.written, other.written))

    def cost(self) -> dict[str, int]:
        """By the names of `rlrig.trace.Calls`; what nobody counted is left out."""
        known = {"vlm_calls": self.calls, "vlm_tokens_read": self.read, "vlm_tokens_written": self.written}
        return {name: count for name, count in known.items() if count is not None}


def spent_on(role: Any, asked: Sequence[int]) -> list[Spent]:
    """What the last call of a role took for each picture.

    A Checker or Actor says so in its attribute `spent`. Of one that does not, what it was `asked` counts as calls,
    and the tokens are unknown.

    Raises:
        ValueError: its `spent` is not as long as `asked`.
    """
    spent: Sequence[Spent] | None = getattr(role, "spent", None)
    if spent is None:
        return [Spent(calls, None, None) for calls in asked]
    if len(spent) != len(asked):
        raise ValueError(f"{type(role).__name__} says what {len(spent)} pictures took, and was shown {len(asked)}")
    return list(spent)


def summed(one: int | None, other: int | None) -> int | None:
    """The sum of two counts; None, not known, where one of them is."""
    return None if one is None or other is None else one + other
