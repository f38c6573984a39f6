"""Pictures to start from: those that failed, though not altogether, the worst first."""

import heapq
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image

from rlrig.grpo.outcomes import Start
from rlrig_eval.scene import SceneGraph


class StartBuffer:
    """Holds starts of 0 < reward < 1 and from `least` on, at most `capacity`; of equal rewards the oldest goes first.

    A picture of reward 1 has nothing to mend; one of reward 0 rarely leads to anything else within a group, and a group
    of equal rewards teaches nothing (AlphaGRPO takes each prompt's worst picture). `least` is the loop's `fresh_below`:
    what it would draw afresh nobody is asked to edit.
    """

    def __init__(self, capacity: int = 1024, least: float = 0.0) -> None:
        self._capacity, self._least = capacity, least
        self._waiting: list[tuple[float, int, Start]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def reserve(self, count: int) -> None:
        """Have room for `count` from now on."""
        self._capacity = max(self._capacity, count)

    def add(self, starts: Iterable[Start]) -> int:
        """Keep what qualifies; how many did."""
        kept = 0
        for start in starts:
            if 0 < start.view.reward < 1 and start.view.reward >= self._least:
                heapq.heappush(self._waiting, (start.view.reward, self._count, start))
                self._count, kept = self._count + 1, kept + 1
        if len(self._waiting) > self._capacity:
            self._waiting = heapq.nsmallest(self._capacity, self._waiting)  # sorted, and so a heap
        return kept

    def take(self, count: int) -> list[Start]:
        """The `count` worst, which leave the buffer; fewer when it holds fewer."""
        return [heapq.heappop(self._waiting)[2] for _ in range(min(count, len(self._waiting)))]

    def peek(self, count: int) -> list[Start]:
        """The `count` worst, which stay."""
        return [start for *_, start in heapq.nsmallest(count, self._waiting)]

    def state(self) -> dict[str, Any]:
        """Tensors, numbers and text, for a checkpoint."""
        rows = [
            {
                "order": order,
                "prompt": start.prompt,
                "graph": start.graph.model_dump_json(),
                "pixels": torch.from_numpy(np.array(start.image.convert("RGB"))),
                "probabilities": list(start.probabilities),
                "threshold": start.threshold,
                "counting": start.counting,
            }
            for _, order, start in sorted(self._waiting)
        ]
        return {"count": self._count, "rows": rows}

    def load(self, state: Mapping[str, Any]) -> None:
        self._count, self._waiting = state["count"], []
        for row in state["rows"]:
            start = Start(
                prompt=row["prompt"],
                graph=SceneGraph.model_validate_json(row["graph"]),
                image=Image.fromarray(row["pixels"].numpy()),
                probabilities=tuple(row["probabilities"]),
                threshold=row["threshold"],
                counting=row.get("counting", "exact"),
            )
            self._waiting.append((start.view.reward, row["order"], start))
        heapq.heapify(self._waiting)
