"""TensorBoard and Weights & Biases, where they are asked for and installed, through accelerate's trackers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Literal

from accelerate import Accelerator

from rlrig_eval.errors import UsageError

Tracker = Literal["tensorboard", "wandb"]
Track = Callable[[Mapping[str, float], int], None]
"""Of numbers by name, and the step that they belong to."""


def require(trackers: Sequence[Tracker]) -> None:
    """Raise UsageError when one of them is not installed; accelerate would go on without it."""
    for name in trackers:
        if find_spec(name) is None:
            raise UsageError(f"trackers: {name} is not installed: pip install {name}")


@contextmanager
def tracking(accelerator: Accelerator, project: str, config: Mapping[str, Any]) -> Iterator[Track]:
    """What the accelerator was built with, begun and ended; without trackers nothing is kept."""
    accelerator.init_trackers(project, dict(config))
    try:
        yield lambda values, step: accelerator.log(dict(values), step=step)
    finally:
        accelerator.end_training()


def numbers(row: Mapping[str, Any], group: str) -> dict[str, float]:
    """The numbers of a row of the log, by `group`/name.

    >>> numbers({"step": 3, "phase": "actor", "reward": 0.5, "norm": None}, "train")
    {'train/reward': 0.5}
    """
    return {
        f"{group}/{name}": float(value)
        for name, value in row.items()
        if name != "step" and isinstance(value, int | float) and not isinstance(value, bool)
    }
