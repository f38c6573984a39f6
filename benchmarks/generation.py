"""Drawing through the harness against the bare diffusers loop, for the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import checkpoint
from benchmarks.measure import Contest, Cost, Result, calling, hold
from rlrig_eval.models import Drawn, Generator, Job, resolve
from rlrig_eval.models.diffusers import DiffusersModel, Sampling
from rlrig_eval.models.pictures import stated_size
from rlrig_eval.runs.generate import draw
from rlrig_eval.runs.latest import read_samples
from rlrig_eval.runs.plan import Batch, plan
from rlrig_eval.runs.store import samples_file
from rlrig_eval.runs.writing import appending
from rlrig_eval.suite import load

STEPS = 4
"""A quarter of the steps of `flux-shapes`. What the harness does, it does once a picture and not once a
step, so at all its steps the ratios are nearer to 1 than those measured here."""

MOST = 1.05


class Watched:
    """A generator that remembers what its last batch took."""

    def __init__(self, generator: Generator) -> None:
        self._generator, self.settings = generator, generator.settings
        self.last = Cost(0, 0)

    def generate(self, jobs: Sequence[Job]) -> Sequence[Drawn]:
        drawn: list[Drawn] = []
        self.last = calling(lambda: drawn.extend(self._generator.generate(jobs)))()
        return drawn


def run(pictures: int = 32, rounds: int = 12, steps: int = STEPS) -> list[Result]:
    """Two comparisons on one batch of `pictures`, with the other settings of `flux-shapes`."""
    import torch

    torch.set_num_threads(1)  # a second thread would measure what else runs on the machine
    checkpoint.quiet()
    settings = resolve("flux-shapes", {}, {}).settings or {}
    sampling = Sampling.model_validate({**settings, "steps": steps})
    (batch,) = plan(load("spatial"), seeds=(0,), limit=pictures, batch_size=pictures)
    with TemporaryDirectory(prefix="rlrig-benchmark-") as scratch:
        weights = Path(scratch, "weights")
        checkpoint.write(weights)
        model = Watched(DiffusersModel(str(weights), sampling, "cpu"))
        pipeline = checkpoint.load(weights)
        folders = (Path(scratch, f"run-{number}") for number in count())

        # Both run once before the clock does, and must agree.
        require_same(bare_loop(pipeline, batch, sampling), batch, through_the_harness(batch, model, next(folders)))
        ours = calling(lambda: through_the_harness(batch, model, next(folders)))
        whole = Contest(
            name=f"generation, batch of {pictures}",
            ours="harness, pictures and rows on disk",
            peer="the bare diffusers loop",
            unit="picture",
            units=pictures,
            our_turn=ours,
            peer_turn=calling(lambda: bare_loop(pipeline, batch, sampling)),
            most=MOST,
        )
        share = Contest(
            name="generation, all but the model",
            ours="the same",
            peer="generate() in the same turn",
            unit="picture",
            units=pictures,
            our_turn=ours,
            peer_turn=lambda: model.last,  # of the very turn before it, so that noise cancels
            most=MOST,
        )
        return [hold(whole, rounds), hold(share, max(1, rounds // 4))]


def through_the_harness(batch: Batch, model: Generator, folder: Path) -> Path:
    """Draw a batch as a run does, into a new folder."""
    with appending(samples_file(folder)) as append:
        append(draw(batch, model, stated_size(model.settings), folder))
    return folder


def bare_loop(pipeline: Any, batch: Batch, sampling: Sampling) -> list[Image.Image]:
    """What a script without a harness does."""
    import torch

    jobs = [sample.job for sample in batch.samples]
    found: list[Image.Image] = pipeline(
        prompt=[job.text for job in jobs],
        negative_prompt=[""] * len(jobs),
        true_cfg_scale=sampling.true_cfg,
        num_inference_steps=sampling.steps,
        height=sampling.size,
        width=sampling.size,
        max_sequence_length=sampling.max_sequence_length,
        generator=[torch.Generator("cpu").manual_seed(job.noise) for job in jobs],
    ).images
    return found


def require_same(pictures: Sequence[Image.Image], batch: Batch, folder: Path) -> None:
    """Raises AssertionError unless the run in `folder` kept those very pictures."""
    rows = read_samples(folder)
    for picture, sample in zip(pictures, batch.samples, strict=True):
        row = rows[sample.id]
        if row.image is None:
            raise AssertionError(f"{sample.id}: {row.error}")
        with Image.open(folder / row.image) as kept:
            if not np.array_equal(np.asarray(kept), np.asarray(picture)):
                raise AssertionError(f"{sample.id}: the two loops drew different pictures")
