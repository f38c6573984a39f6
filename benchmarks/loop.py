"""The loop of RL-RIG: what the harness adds to the models' own work, and what drawing many prompts at once saves."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from benchmarks import checkpoint
from benchmarks.measure import Contest, Cost, Result, calling, hold
from rlrig_eval.models import Generator
from rlrig_eval.models.pictures import stated_size
from rlrig_eval.runs.generate import draw
from rlrig_eval.runs.plan import Batch, plan
from rlrig_eval.suite import load

Place = tuple[type, str]
"""A class and a method of it, whose calls are the models' own work."""


@dataclass
class Inside:
    """What calls of the models took in all; a call from within another is part of that one."""

    wall: float = 0.0
    processor: float = 0.0
    depth: int = field(default=0, repr=False)

    @property
    def cost(self) -> Cost:
        return Cost(self.wall, self.processor)


@contextmanager
def inside(places: Sequence[Place]) -> Iterator[Inside]:
    """Time every call of `places`, up to where the GPU has done its work."""
    found = Inside()

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*given: Any, **named: Any) -> Any:
            found.depth += 1
            began, used = time.perf_counter(), time.process_time()
            try:
                return method(*given, **named)
            finally:
                found.depth -= 1
                if found.depth == 0:
                    _wait()
                    found.wall += time.perf_counter() - began
                    found.processor += time.process_time() - used

        return call

    with ExitStack() as stack:
        for owner, name in places:
            stack.enter_context(patch.object(owner, name, timed(getattr(owner, name))))
        yield found


def places(pipe: Any) -> list[Place]:
    """Where the models of an `RLRIGPipeline` work: its pipelines, and its VLM with what prepares its inputs."""
    vlm = pipe.checker.vlm
    reading = [(type(vlm.model), "forward"), (type(vlm.model), "generate"), (type(vlm.processor), "__call__")]
    drawing = {type(pipe.diffuser.pipeline), type(pipe.editor.pipeline)}
    return [*((one, "__call__") for one in drawing), *reading]


def overhead(batch: Batch, model: Generator, pipe: Any, folders: Iterator[Path], most: float | None) -> Contest:
    """The harness with its files on disk, against the calls of the models in the very same turn."""
    where, last = places(pipe), [Cost(0, 0)]

    def ours() -> Cost:
        with inside(where) as found:
            spent = calling(lambda: through_the_harness([batch], model, next(folders)))()
        last[0] = found.cost
        return spent

    return Contest(
        name=f"loop of {len(batch.samples)} prompts, all but the models",
        ours="harness: loop, pictures, traces and rows on disk",
        peer="the calls of the models in the same turn",
        unit="prompt",
        units=len(batch.samples),
        our_turn=ours,
        peer_turn=lambda: last[0],
        most=most,
    )


def compaction(batch: Batch, model: Generator, folders: Iterator[Path], most: float | None) -> Contest:
    """Prompts that draw together and leave when they are done, against one prompt after the other."""
    alone = [Batch(batch.index, (sample,)) for sample in batch.samples]
    return Contest(
        name=f"loop of {len(batch.samples)} prompts at once",
        ours="finished prompts leave the batch",
        peer="one prompt at a time",
        unit="prompt",
        units=len(batch.samples),
        our_turn=calling(lambda: through_the_harness([batch], model, next(folders))),
        peer_turn=calling(lambda: through_the_harness(alone, model, next(folders))),
        most=most,
    )


def through_the_harness(batches: Sequence[Batch], model: Generator, folder: Path) -> None:
    """Draw batches as a run does, into a new folder; AssertionError where a sample is in error."""
    for batch in batches:
        for row in draw(batch, model, stated_size(model.settings), folder):
            if row.status != "ok":
                raise AssertionError(f"{row.id}: {row.error}")


def run(prompts: int = 32, rounds: int = 3, preset: str = "shapes") -> list[Result]:
    """Both comparisons on the bundled checkpoints."""
    import torch

    from rlrig_eval.models.rlrig import RLRIG

    torch.set_num_threads(1)  # a second thread would measure what else runs on the machine
    checkpoint.quiet()
    model = RLRIG(preset)
    (batch,) = plan(load("spatial"), seeds=(0,), limit=prompts, batch_size=prompts)
    with TemporaryDirectory(prefix="rlrig-benchmark-") as scratch:
        folders = (Path(scratch, f"run-{number}") for number in count())
        through_the_harness([batch], model, next(folders))  # once before the clock runs
        contests = [overhead(batch, model, model.pipeline, folders, None), compaction(batch, model, folders, None)]
        return [hold(contest, rounds) for contest in contests]


def _wait() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
