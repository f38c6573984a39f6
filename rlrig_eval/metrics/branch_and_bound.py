"""Instance matching by branch and bound: fast on the graphs that prompts and pictures have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rlrig_eval.metrics.alike import Alike
from rlrig_eval.scene.facts import Fact

BUDGET = 40_000  # bounds computed before giving up, each about 5 microseconds on twelve facts a side

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
    kinds: Sequence[Members], a: Sequence[Fact], b: Sequence[Fact], budget: int = BUDGET, known: int = -1
) -> tuple[list[Pair], int] | None:
    """Pairs that use up the scarcer side of every kind and share the most facts, and how many those are.

    So many as are `known` to be shared by some pairs are not looked for again: no pairs when those are the most.

    A branch is bounded by the facts that look alike while undecided instances are known by their kind only:
    never fewer than the branch can reach, and exactly that once every choice is taken. None when the budget
    is spent.
    """
    # The token of an instance: the number of its pair, below the number of choices, or that of its kind, above it.
    tokens: tuple[dict[str, int], dict[str, int]] = ({}, {})
    choices: list[_Choice] = []
    for both in kinds:
        scarce = 0 if len(both[0]) <= len(both[1]) else 1
        choices.extend(_Choice(scarce, name, both[1 - scarce]) for name in both[scarce])
    for number, both in enumerate(kinds, start=len(choices)):
        for side in (0, 1):
            tokens[side].update(dict.fromkeys(both[side], number))
    degree = Counter(name for fact in (*a, *b) for name in fact.members)
    choices.sort(key=lambda choice: (len(choice.candidates) > 1, -degree[choice.name]))
    facts = Alike(a, b, tokens)
    most, best, bounds = known, list[Pair](), 0

    def descend(depth: int, bound: int) -> None:
        nonlocal most, best, bounds
        if depth == len(choices):
            partner = {token: name for name, token in tokens[1].items()}
            most, best = bound, [(name, partner[t]) for name, t in tokens[0].items() if t < len(choices)]
            return
        choice = choices[depth]
        side, other, others = choice.side, 1 - choice.side, tokens[1 - choice.side]
        undecided = tokens[side][choice.name]
        free = [name for name in choice.candidates if others[name] == undecided]
        facts.call(side, choice.name, depth)
        worse: list[tuple[int, str]] = []
        for name in free:
            if most >= bound:
                break  # no candidate reaches more than its branch
            bounds += len(free) > 1  # taking the last of its kind tells nothing new
            if bounds > budget:
                raise _Spent
            facts.call(other, name, depth)
            reach = facts.shared
            if reach == bound:
                descend(depth + 1, reach)
            elif reach > most:
                worse.append((reach, name))
            facts.call(other, name, undecided)
        for reach, name in sorted(worse, key=lambda one: -one[0]):
            if reach > most:
                facts.call(other, name, depth)
                descend(depth + 1, reach)
                facts.call(other, name, undecided)
        facts.call(side, choice.name, undecided)

    try:
        if facts.shared > most:
            descend(0, facts.shared)
    except _Spent:
        return None
    return best, most
