"""Instance matching by branch and bound: fast on the graphs that prompts and pictures have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rlrig_eval.metrics.facts import Fact, alike

BUDGET = 10_000  # bounds computed before giving up, each about 20 microseconds on ten facts a side

Members = tuple[list[str], list[str]]
"""The ids of one kind, in graph a and in graph b."""

Pair = tuple[str, str]
"""An id of graph a and one of graph b."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """The instance `name` of `side` (0 is a, 1 is b), to be paired with a candidate of the other side."""

    side: int
    name: str
    candidates: list[str]


class _Spent(Exception):
    """The budget is used up."""


def branch_and_bound(
    kinds: Sequence[Members], a: Sequence[Fact], b: Sequence[Fact], budget: int = BUDGET
) -> tuple[list[Pair], int] | None:
    """Pairs that use up the scarcer side of every kind and share the most facts, and how many those are.

    A branch is bounded by the facts that look alike while undecided instances are known by their kind only:
    never fewer than the branch can reach, and exactly that once every choice is taken. None when the budget
    is spent.
    """
    # The token of an instance: the number of its pair (> 0), or minus that of its kind while it has none.
    tokens: tuple[dict[str, int], dict[str, int]] = ({}, {})
    choices: list[_Choice] = []
    for number, both in enumerate(kinds, start=1):
        scarce = 0 if len(both[0]) <= len(both[1]) else 1
        choices.extend(_Choice(scarce, name, both[1 - scarce]) for name in both[scarce])
        for side in (0, 1):
            tokens[side].update(dict.fromkeys(both[side], -number))
    degree = Counter(name for fact in (*a, *b) for name in fact.members)
    choices.sort(key=lambda choice: (len(choice.candidates) > 1, -degree[choice.name]))
    most, best, bounds = -1, list[Pair](), 0

    def descend(depth: int, bound: int) -> None:
        nonlocal most, best, bounds
        if depth == len(choices):
            partner = {token: name for name, token in tokens[1].items()}
            most, best = bound, [(name, partner[token]) for name, token in tokens[0].items() if token > 0]
            return
        choice, pair = choices[depth], depth + 1
        own, others = tokens[choice.side], tokens[1 - choice.side]
        undecided, own[choice.name] = own[choice.name], pair
        free = [name for name in choice.candidates if others[name] == undecided]
        reach = {free[0]: bound}  # taking the last of its kind tells nothing new
        if len(free) > 1:
            bounds += len(free)
            if bounds > budget:
                raise _Spent
            for name in free:
                others[name] = pair
                reach[name] = alike(a, b, *tokens)
                others[name] = undecided
        for name in sorted(free, key=lambda name: -reach[name]):
            if reach[name] > most:
                others[name] = pair
                descend(depth + 1, reach[name])
                others[name] = undecided
        own[choice.name] = undecided

    try:
        descend(0, alike(a, b, *tokens))
    except _Spent:
        return None
    return best, most
