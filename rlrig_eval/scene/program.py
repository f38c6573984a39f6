"""Integer linear programs, built row by row and settled by HiGHS."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array


class Program:
    """Unknowns in [0, 1], the first of them 0 or 1, and the others such that they are integral wherever those are."""

    def __init__(self, choices: int, derived: int) -> None:
        self._integrality = np.repeat([1, 0], [choices, derived])
        self._rows: list[Mapping[int, float]] = []
        self._least: list[float] = []
        self._most: list[float] = []

    def require(self, row: Mapping[int, float], least: float = -np.inf, most: float = np.inf) -> None:
        """Hold the sum of the unknowns times their numbers in `row` between `least` and `most`."""
        self._rows.append(row)
        self._least.append(least)
        self._most.append(most)

    def best(self, gain: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
        """The unknowns that gain the most in all, and how much that is; every single gain is an integer.

        Raises:
            RuntimeError: the solver failed. A program here has a solution and no limit, so this is a fault of HiGHS.
        """
        ends = np.cumsum([0, *map(len, self._rows)])
        columns = [k for row in self._rows for k in row]
        values = [value for row in self._rows for value in row.values()]
        matrix = csr_array((values, columns, ends), shape=(len(self._rows), len(gain)))
        found = milp(
            -gain,
            constraints=LinearConstraint(matrix, self._least, self._most),
            integrality=self._integrality,
            bounds=Bounds(0.0, 1.0),
            options={"mip_rel_gap": 0.0},
        )
        if not found.success:
            raise RuntimeError(f"pairing things: {found.message}")
        return found.x, round(-found.fun)
