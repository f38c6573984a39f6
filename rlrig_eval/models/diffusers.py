"""Any text-to-image pipeline of diffusers, from a bundled checkpoint, a folder or the Hub."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from pydantic import Field

from rlrig_eval.checkpoints import open_pipeline, weights_hash
from rlrig_eval.errors import UsageError
from rlrig_eval.models.contract import Drawn, Failure, Job, Picture
from rlrig_eval.models.pictures import from_array
from rlrig_eval.scene.graph import Frozen


class Sampling(Frozen):
    """How a pipeline samples. What is None is left to the pipeline's own default.

    `guidance` is `guidance_scale`: embedded in guidance-distilled models, classifier-free in the others.
    `true_cfg` above 1 is classifier-free guidance for a distilled model, against `negative_prompt`. `size` is
    the side of a square, or (width, height), in pixels.
    """

    steps: int = Field(ge=1)
    size: int | tuple[int, int] = Field(default=1024)
    guidance: float | None = None
    true_cfg: float | None = None
    negative_prompt: str | None = None
    max_sequence_length: int | None = None
    dtype: Literal["float32", "bfloat16", "float16"] = "bfloat16"


class DiffusersModel:
    """A pipeline behind the contract of `Generator`; one CPU noise generator for each picture."""

    Settings = Sampling
    batch_size = 1

    def __init__(self, checkpoint: str, settings: Sampling, device: Literal["auto", "cpu", "cuda"] = "auto") -> None:
        self._pipeline = _load(checkpoint, settings, device)
        self._arguments = _arguments(self._pipeline, settings)
        self._guided = settings.true_cfg is not None and settings.true_cfg > 1
        self._negative = settings.negative_prompt
        self.settings: Mapping[str, Any] = settings.model_dump(exclude_none=True) | {
            "checkpoint": checkpoint,
            "weights": weights_hash(checkpoint),
        }

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        import torch

        arguments = dict(self._arguments)
        if self._guided or self._negative is not None:
            arguments["negative_prompt"] = [self._negative or ""] * len(jobs)
        with _counted(self._pipeline) as evaluations:
            pixels = self._pipeline(
                prompt=[job.text for job in jobs],
                generator=[torch.Generator("cpu").manual_seed(job.noise) for job in jobs],
                output_type="np",
                **arguments,
            ).images
        cost = {"images": 1.0, "denoiser_evals": sum(evaluations) / len(jobs), "vlm_calls": 0.0}
        return [_picture(from_array(one), cost) for one in pixels]


def _picture(drawn: Drawn, cost: Mapping[str, float]) -> Drawn:
    return drawn if isinstance(drawn, Failure | Picture) else Picture(drawn, cost=cost)


def _load(checkpoint: str, settings: Sampling, device: str) -> Any:
    import torch
    from diffusers import DiffusionPipeline

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return open_pipeline(DiffusionPipeline, checkpoint, settings.dtype, device)


def _arguments(pipeline: Any, settings: Sampling) -> dict[str, Any]:
    """The settings as the pipeline's own arguments; UsageError for one that it does not take."""
    width, height = settings.size if isinstance(settings.size, tuple) else (settings.size, settings.size)
    named = {
        "num_inference_steps": settings.steps,
        "width": width,
        "height": height,
        "guidance_scale": settings.guidance,
        "true_cfg_scale": settings.true_cfg,
        "max_sequence_length": settings.max_sequence_length,
    }
    given = {name: value for name, value in named.items() if value is not None}
    takes = inspect.signature(pipeline.__call__).parameters
    for name in given:
        if name not in takes:
            raise UsageError(f"{type(pipeline).__name__} takes no {name}: leave that setting out")
    return given


@contextmanager
def _counted(pipeline: Any) -> Iterator[list[int]]:
    """The batch size of every call of the denoiser; their sum is the cost, guidance included."""
    calls: list[int] = []

    def count(_module: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        latents = positional[0] if positional else named["hidden_states" if "hidden_states" in named else "sample"]
        calls.append(len(latents))

    denoiser = getattr(pipeline, "transformer", None) or pipeline.unet
    handle = denoiser.register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield calls
    finally:
        handle.remove()
