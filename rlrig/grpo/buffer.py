"""Pictures to start from: those that failed, though not altogether, the least tried first and of these the worst."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
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
    what it would draw afresh nobody is asked to edit. A start that taught something may be tried `visits` times, after
    all that were tried less (prioritized level replay, arXiv 2010.03934, in its simplest form).
    """

    def __init__(self, capacity: int = 1024, least: float = 0.0, visits: int = 1) -> None:
        self._capacity, self._least, self._visits = capacity, least, visits
        self._waiting: list[tuple[int, float, int, Start]] = []
        self._taken: list[tuple[int, Start]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def reserve(self, count: int) -> None:
        """Have room for `count` from now on."""
        self._capacity = max(self._capacity, count)

    def add(self, starts: Iterable[Start]) -> int:
        """Keep what qualifies; how many did."""
        fit = [start for start in starts if 0 < start.view.reward < 1 and start.view.reward >= self._least]
        self._push((0, start) for start in fit)
        return len(fit)

    def take(self, count: int) -> list[Start]:
        """The `count` first, which leave the buffer; fewer when it holds fewer."""
        first = [heapq.heappop(self._waiting) for _ in range(min(count, len(self._waiting)))]
        self._taken = [(tried + 1, start) for tried, _, _, start in first]
        return [start for _, start in self._taken]

    def again(self, taught: Sequence[bool]) -> None:
        """Of the last `take`, in its order, those that taught something come back, unless they were tried enough."""
        pairs = zip(self._taken, taught, strict=True)
        self._push(each for each, useful in pairs if useful and each[0] < self._visits)
        self._taken = []

    def peek(self, count: int) -> list[Start]:
        """What `take` would give; they stay."""
        return [start for *_, start in heapq.nsmallest(count, self._waiting)]

    def _push(self, starts: Iterable[tuple[int, Start]]) -> None:
        for tried, start in starts:
            heapq.heappush(self._waiting, (tried, start.view.reward, self._count, start))
            self._count += 1
        if len(self._waiting) > self._capacity:
            self._waiting = heapq.nsmallest(self._capacity, self._waiting)  # sorted, and so a heap

    def state(self) -> dict[str, Any]:
        """Tensors, numbers and text, for a checkpoint."""
        rows = [
            {
                "order": order,
                "tried": tried,
                "prompt": start.prompt,
                "graph": start.graph.model_dump_json(),
                "pixels": torch.from_numpy(np.array(start.image.convert("RGB"))),
                "probabilities": list(start.probabilities),
                "threshold": start.threshold,
                "counting": start.counting,
            }
            for tried, _, order, start in sorted(self._waiting)
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
            self._waiting.append((row["tried"], start.view.reward, row["order"], start))
        heapq.heapify(self._waiting)
