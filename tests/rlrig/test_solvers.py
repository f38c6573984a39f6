"""Ways along a flow: their order, their cost, and what their extremes come to (reference/grpo.md, section 6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from rlrig.backends import solvers
from rlrig.backends.solvers import Velocity

X = torch.tensor([[1.0, -0.5]], dtype=torch.float64)
NOISE = torch.tensor([[0.3, 2.0]], dtype=torch.float64)


def times(steps: int) -> list[float]:
    """0 to 1."""
    return [k / steps for k in range(steps + 1)]


def growing(x: Tensor, t: float) -> Tensor:
    return x


def bent(x: Tensor, t: float) -> Tensor:
    return torch.sin(3 * x) + t


def euler(u: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    """Follow `u` from times[0] to times[-1]; order 1, an evaluation a step."""
    for t, after in pairwise(times):
        x = x + (after - t) * u(x, t)
    return x


class Counted:
    def __init__(self, u: Velocity) -> None:
        self.u, self.calls = u, 0

    def __call__(self, x: Tensor, t: float) -> Tensor:
        self.calls += 1
        return self.u(x, t)


@pytest.mark.parametrize(("solver", "order"), [(euler, 1), (solvers.rf_solver, 2), (solvers.fireflow, 2)])
def test_the_error_falls_with_the_order_of_the_solver(solver: solvers.Solver, order: int) -> None:
    errors = [float((solver(growing, X, times(n)) - math.e * X).abs().max()) for n in (32, 64)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize(("solver", "calls"), [(euler, 8), (solvers.rf_solver, 16), (solvers.fireflow, 9)])
def test_what_eight_steps_cost(solver: solvers.Solver, calls: int) -> None:
    u = Counted(growing)
    solver(u, X, times(8))
    assert u.calls == calls


@pytest.mark.parametrize("solver", [solvers.rf_solver, solvers.fireflow])
def test_there_and_back_again_is_nearer_than_with_euler(solver: solvers.Solver) -> None:
    def missed(way: solvers.Solver) -> float:
        up = times(16)
        return float((way(bent, way(bent, X, up), up[::-1]) - X).abs().max())

    assert missed(solver) < missed(euler) / 10


def test_full_control_of_the_inversion_reaches_the_noise_and_none_is_euler() -> None:
    up = times(12)
    assert torch.allclose(solvers.controlled_inversion(bent, X, NOISE, up, 1.0), NOISE, atol=1e-12)
    assert torch.equal(solvers.controlled_inversion(bent, X, NOISE, up, 0.0), euler(bent, X, up))


def test_full_control_of_the_edit_returns_the_picture_and_none_is_euler() -> None:
    down = times(12)[::-1]
    assert torch.allclose(solvers.controlled_edit(bent, NOISE, X, down, [1.0] * 12), X, atol=1e-12)
    free = solvers.controlled_edit(bent, NOISE, X, down, [0.0] * 12)
    assert torch.allclose(free, euler(bent, NOISE, down), atol=1e-12)


def test_control_wants_a_strength_for_every_step() -> None:
    with pytest.raises(ValueError, match="zip"):
        solvers.controlled_edit(bent, NOISE, X, times(12)[::-1], [1.0] * 3)


def noises(steps: int, averages: int = 1) -> list[list[Tensor]]:
    made = torch.Generator().manual_seed(0)
    return [[torch.randn(X.shape, generator=made, dtype=X.dtype) for _ in range(averages)] for _ in range(steps)]


@pytest.mark.parametrize("averages", [1, 3])
def test_flowedit_towards_what_is_there_changes_nothing(averages: int) -> None:
    edited = solvers.flow_edit(bent, bent, X, times(10)[::-1], noises(10, averages))
    assert float((edited - X).abs().max()) < 1e-12


def gaussian(mean: float, spread: float = 0.4) -> Velocity:
    """E[noise - data | x_t] for data from N(mean, spread^2)."""

    def at(x: Tensor, t: float) -> Tensor:
        centred = x - (1 - t) * mean
        variance = (1 - t) ** 2 * spread**2 + t**2
        return t / variance * centred - (mean + (1 - t) * spread**2 / variance * centred)

    return at


def test_flowedit_moves_a_gaussian_by_the_difference_of_the_means() -> None:
    edited = solvers.flow_edit(gaussian(1.0), gaussian(3.0), X, times(28)[::-1], noises(28))
    assert torch.allclose(edited, X + 2.0, atol=1e-12)


def test_flowedit_that_begins_below_full_noise_moves_it_almost_as_far() -> None:
    edited = solvers.flow_edit(gaussian(1.0), gaussian(3.0), X, times(28)[::-1][4:], noises(24))
    assert 0.93 < float(((edited - X) / 2.0).mean()) < 0.96  # 94 % (reference/grpo.md)
