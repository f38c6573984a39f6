"""What a run draws, in which order and in which batches: a pure function of suite and flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from rlrig_eval.models import Job
from rlrig_eval.suite import Prompt, Suite, noise_seed
from rlrig_eval.suite.variants import asked


@dataclass(frozen=True)
class Shard:
    """Part `index` (from 1) of `count` parts of a run; each takes every `count`-th batch."""

    index: int
    count: int


@dataclass(frozen=True)
class Sample:
    """One picture of a plan: its prompt, its place in the protocol, and the job that draws it."""

    prompt: Prompt
    job: Job

    @property
    def id(self) -> str:
        return sample_id(self.prompt.id, self.job.seed)


@dataclass(frozen=True)
class Batch:
    """Samples that are drawn together. The same in every shard layout, and redone whole on resume."""

    index: int
    samples: tuple[Sample, ...]


def sample_id(prompt_id: str, seed: int) -> str:
    """
    >>> sample_id("spatial-0001", 0)
    'spatial-0001#s0'
    """
    return f"{prompt_id}#s{seed}"


def plan(
    suite: Suite, seeds: Sequence[int], limit: int | None, batch_size: int, variant: str | None = None
) -> tuple[Batch, ...]:
    """Every batch of a run: the first `limit` prompts in the suite's order, each with all its seeds.

    `variant` is the wording in which they are asked; the suite's own if None.
    """
    wording = suite.protocol.variant if variant is None else variant
    samples = [
        Sample(
            prompt,
            Job(
                prompt_id=prompt.id,
                text=asked(prompt, wording),
                graph=prompt.graph,
                seed=seed,
                noise=noise_seed(suite.name, prompt.id, seed),
                counting=suite.counting_for(prompt),
            ),
        )
        for prompt, seed in product(suite.prompts[:limit], seeds)
    ]
    starts = range(0, len(samples), batch_size)
    return tuple(Batch(i, tuple(samples[start : start + batch_size])) for i, start in enumerate(starts))


def share(batches: Sequence[Batch], shard: Shard | None) -> tuple[Batch, ...]:
    """The batches that a shard draws; all of them without one."""
    if shard is None:
        return tuple(batches)
    return tuple(batch for batch in batches if batch.index % shard.count == shard.index - 1)
