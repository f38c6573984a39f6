"""What a model is to the harness: something that turns jobs into pictures, one for each job, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

from rlrig_eval.scene import Requirement, SceneGraph
from rlrig_eval.scene.requirements import Counting

Trace = Mapping[str, Any]
"""How a picture came about, as JSON: what `rlrig.trace.Trace` dumps (rounds, chosen, stopped, calls)."""


@dataclass(frozen=True)
class Job:
    """One picture to draw.

    `seed` is the protocol's number; `noise`, in [0, 2**63), seeds the model's generator; `counting` is the rule by
    which the picture will be scored: the prompt's, or else the suite's.
    """

    prompt_id: str
    text: str
    graph: SceneGraph
    seed: int
    noise: int
    counting: Counting = "exact"

    def requirements(self) -> tuple[Requirement, ...]:
        """What the picture will be checked on: whoever looks at it meanwhile is to ask the same."""
        return self.graph.requirements(self.counting)


@dataclass(frozen=True)
class Picture:
    """What a model drew for one job.

    Attributes:
        image: RGB, of the size that the model's settings state (if they state one).
        trace: how it came about, for a model that works in rounds.
        rounds: the picture of each round of `trace`, in its order.
        cost: what it took: images (decoded ones), denoiser_evals, and of vision-language models vlm_calls,
            vlm_tokens_read and vlm_tokens_written. What is not known is left out, not nought.
    """

    image: Image.Image
    trace: Trace | None = None
    rounds: Sequence[Image.Image] = ()
    cost: Mapping[str, float] = field(default_factory=lambda: {"images": 1})


@dataclass(frozen=True)
class Failure:
    """No picture for this one job; the run records an error sample with `reason` and goes on."""

    reason: str


Drawn = Picture | Image.Image | Failure


class Generator(Protocol):
    """A text-to-image model.

    Built once a run, with the `-M` options as keyword arguments (converted to the annotated types), and with
    `settings` (the model file's, `-G` merged over them) if its constructor takes an argument of that name. A
    class that declares a pydantic model as `Settings` gets them checked, as an instance of it.
    """

    settings: Mapping[str, Any]
    """What decides how it draws: steps, guidance, size, ...; printed with every result.

    A stated `size` (side, or width and height, in pixels) is checked on every picture.
    """

    def generate(self, jobs: Sequence[Job]) -> Sequence[Drawn]:
        """One picture for each job, in order. The same jobs in the same batch give the same pictures."""
        ...
