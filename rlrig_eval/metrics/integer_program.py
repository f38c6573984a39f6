"""Instance matching as an integer linear program: for many instances of one kind on both sides.

x[i, j] = 1 pairs instance i of graph a with instance j of graph b; y[f, g] = 1 counts fact f as fact g, and
is at most the x of every pair that this needs. All the ways to count one fact by one pair share a
constraint, which makes the linear relaxation tight: HiGHS settles in two seconds what branch and bound
takes half a minute for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from rlrig_eval.metrics.branch_and_bound import Members, Pair
from rlrig_eval.scene.facts import Fact
from rlrig_eval.scene.program import Program


def integer_program(kinds: Sequence[Members], a: Sequence[Fact], b: Sequence[Fact]) -> tuple[list[Pair], int]:
    """Pairs that use up the scarcer side of every kind and share the most facts, and how many those are.

    Raises:
        RuntimeError: the solver failed.
    """
    pairs = [(i, j) for in_a, in_b in kinds for i in in_a for j in in_b]
    column = {pair: k for k, pair in enumerate(pairs)}
    shares = [
        (f, g, needed)
        for f in a
        for g in b
        if f.label == g.label
        for needed in _ways(f, g)
        if all(pair in column for pair in needed)
    ]
    if not shares:
        return [pair for in_a, in_b in kinds for pair in zip(in_a, in_b, strict=False)], 0

    program = Program(len(pairs), len(shares))
    for in_a, in_b in kinds:
        # The scarcer side is used up: exactly one partner each; the other side may have leftovers.
        for i in in_a:
            program.require({column[i, j]: 1.0 for j in in_b}, float(len(in_a) <= len(in_b)), 1.0)
        for j in in_b:
            program.require({column[i, j]: 1.0 for i in in_a}, float(len(in_b) <= len(in_a)), 1.0)
    served: dict[tuple[int, Fact, Pair], dict[int, float]] = defaultdict(dict)
    for k, (f, g, needed) in enumerate(shares, start=len(pairs)):
        for pair in needed:
            served[0, f, pair][k] = 1.0
            served[1, g, pair][k] = 1.0
    for (_, _, pair), row in served.items():
        program.require({**row, column[pair]: -1.0}, most=0.0)
    gain = np.repeat([0.0, 1.0], [len(pairs), len(shares)])
    found, shared = program.best(gain)
    return [pair for pair, taken in zip(pairs, found, strict=False) if taken > 0.5], shared


def _ways(f: Fact, g: Fact) -> Iterator[tuple[Pair, ...]]:
    """The sets of pairs that would each make f and g the same fact."""
    for order in permutations(g.loose):
        yield (*zip(f.ordered, g.ordered, strict=True), *zip(f.loose, order, strict=True))
