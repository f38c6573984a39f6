"""A rolling pool of encoded examples: each is seen several times, as drawing and encoding cost as much as a step."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

Rows = tuple[Tensor, ...]


def rolling(
    fresh: Iterator[Any], encode: Callable[[Any], Rows], batch: int, capacity: int, first: int
) -> Iterator[Rows]:
    """Batches drawn at random from the newest `capacity` examples; one fresh batch joins for every batch drawn.

    Args:
        fresh: batches of raw examples.
        encode: a raw batch to tensors with one row an example.
        first: how many examples to gather before the first batch.
    """
    pool: list[Tensor] = []
    filled = at = 0
    while True:
        rows = encode(next(fresh))
        if not pool:
            pool = [torch.empty((capacity, *row.shape[1:]), dtype=row.dtype) for row in rows]
        places = (at + torch.arange(len(rows[0]))) % capacity
        for store, row in zip(pool, rows, strict=True):
            store[places] = row
        at = (at + len(places)) % capacity
        filled = min(capacity, filled + len(places))
        if filled >= first:
            chosen = torch.randint(filled, (batch,))
            yield tuple(store[chosen] for store in pool)
