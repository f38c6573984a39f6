"""Streams of drawn scenes for training, made on the fly in worker processes; labels are the drawing's own truth."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from rlrig.bundled.training.crew import rank

Item = TypeVar("Item")


class _Endless(IterableDataset[Any]):
    def __init__(self, make: Callable[[Generator], Any], seed: int) -> None:
        self._make, self._seed = make, seed

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker is not None else 0, rank()])
        while True:
            yield self._make(rng)


def stream(
    make: Callable[[Generator], Item],
    collate: Callable[[list[Item]], Any],
    batch: int,
    seed: int,
    workers: int = 1,
) -> Iterator[Any]:
    """Endless batches of `make(rng)`; seed and rank decide them all. A resumed run passes a fresh seed (its step)."""
    loader = DataLoader(
        _Endless(make, seed),
        batch_size=batch,
        collate_fn=collate,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )
    return iter(loader)
