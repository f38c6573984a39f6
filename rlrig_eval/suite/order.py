"""The order of a suite: its head stands for the whole."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def interleaved(strata: Mapping[str, Sequence[T]]) -> list[T]:
    """All members in one list, of which every head has the strata in about their shares; each keeps its own order.

    >>> interleaved({"a": [1, 2, 3, 4], "b": [8, 9]})
    [1, 8, 2, 3, 9, 4]
    """
    places = [
        ((number + 0.5) / len(members), -len(members), name)
        for name, members in strata.items()
        for number in range(len(members))
    ]
    remaining = {name: iter(members) for name, members in strata.items()}
    return [next(remaining[name]) for _, _, name in sorted(places)]
