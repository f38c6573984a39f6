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
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from rlrig_eval.metrics.branch_and_bound import Members, Pair
from rlrig_eval.metrics.facts import Fact


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

    rows: list[dict[int, float]] = []
    at_least: list[float] = []
    at_most: list[float] = []
    for in_a, in_b in kinds:
        # The scarcer side is used up: exactly one partner each; the other side may have leftovers.
        for i in in_a:
            rows.append({column[i, j]: 1.0 for j in in_b})
            at_least.append(float(len(in_a) <= len(in_b)))
        for j in in_b:
            rows.append({column[i, j]: 1.0 for i in in_a})
            at_least.append(float(len(in_b) <= len(in_a)))
    at_most = [1.0] * len(rows)
    served: dict[tuple[int, Fact, Pair], dict[int, float]] = defaultdict(dict)
    for k, (f, g, needed) in enumerate(shares, start=len(pairs)):
        for pair in needed:
            served[0, f, pair][k] = 1.0
            served[1, g, pair][k] = 1.0
    for (_, _, pair), row in served.items():
        rows.append({**row, column[pair]: -1.0})
        at_least.append(-np.inf)
        at_most.append(0.0)

    gain = np.zeros(len(pairs) + len(shares))
    gain[len(pairs) :] = 1.0
    found = milp(
        -gain,
        constraints=LinearConstraint(_matrix(rows, len(gain)), at_least, at_most),
        integrality=np.repeat([1, 0], [len(pairs), len(shares)]),  # y is integral wherever x is
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 0.0},
    )
    if not found.success:  # it has a solution and no time limit, so this is a fault of the solver
        raise RuntimeError(f"instance matching: {found.message}")
    return [pair for pair, taken in zip(pairs, found.x, strict=False) if taken > 0.5], round(-found.fun)


def _ways(f: Fact, g: Fact) -> Iterator[tuple[Pair, ...]]:
    """The sets of pairs that would each make f and g the same fact."""
    for order in permutations(g.loose):
        yield (*zip(f.ordered, g.ordered, strict=True), *zip(f.loose, order, strict=True))


def _matrix(rows: Sequence[dict[int, float]], width: int) -> csr_array:
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = [k for row in rows for k in row]
    values = [value for row in rows for value in row.values()]
    return csr_array((values, columns, ends), shape=(len(rows), width))
