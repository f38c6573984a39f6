"""Which steps of a rollout are random and trained; the others are ODE steps. The last step never is.

A window is the tuple of indices, rising, of the random steps among 0 ... steps - 1.
"""

from typing import Literal, get_args

from numpy.random import Generator

from rlrig_eval.errors import UsageError

Window = tuple[int, ...]
Kind = Literal["all", "first_half", "sliding"]

SLIDE_EVERY = 25


def choose(kind: Kind, steps: int, size: int, iteration: int, rng: Generator) -> Window:
    """The window of one iteration.

    Raises UsageError for an unknown kind, or a size that does not fit.
    """
    if kind == "all":
        return all_steps(steps)
    if kind == "first_half":
        return first_half(steps, size, rng)
    if kind == "sliding":
        return sliding(steps, size, iteration)
    raise UsageError.unknown("window", kind, get_args(Kind))


def all_steps(steps: int) -> Window:
    """Every step but the last (Flow-GRPO)."""
    _fitting(steps, 0)
    return tuple(range(steps - 1))


def first_half(steps: int, size: int, rng: Generator) -> Window:
    """`size` steps in a row at a random place in the first half, or from step 0 where the half is shorter
    (Flow-GRPO-Fast: sde_window_size within sde_window_range (0, N / 2))."""
    _fitting(steps, size)
    return _run(int(rng.integers(max(0, steps // 2 - size) + 1)), size)


def sliding(steps: int, size: int, iteration: int, every: int = SLIDE_EVERY) -> Window:
    """`size` steps in a row that move on by one every `every` iterations, then begin again (MixGRPO)."""
    _fitting(steps, size)
    return _run(iteration // every % (steps - size), size)


def _run(start: int, size: int) -> Window:
    return tuple(range(start, start + size))


def _fitting(steps: int, size: int) -> None:
    if steps < 2:
        raise UsageError(f"a rollout of {steps} steps has none to train: the last one never is")
    if not 0 <= size < steps:
        raise UsageError(f"a window of {size} steps does not fit {steps}, of which the last is never trained")
