"""The Diffuser and the Kontext-class editor on diffusers pipelines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from rlrig.presets import Sampling
from rlrig_eval.checkpoints import open_pipeline


def _generators(seeds: Sequence[int]) -> list[torch.Generator]:
    # One CPU generator a picture: the noise then depends on neither the batch nor the device.
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]


def _guidance(sampling: Sampling, count: int) -> dict[str, Any]:
    """Arguments for true classifier-free guidance where it is asked for, else for the embedded kind."""
    if sampling.guided:
        return {"true_cfg_scale": sampling.true_cfg, "negative_prompt": [""] * count}
    return {"guidance_scale": sampling.guidance}


def _batches(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


class FlowDiffuser:
    """A text-to-image pipeline of the FLUX family as the Diffuser."""

    def __init__(self, pipeline: Any, sampling: Sampling) -> None:
        self._pipeline, self._sampling = pipeline, sampling
        self.evals_per_image = sampling.evals

    @classmethod
    def from_pretrained(cls, path: str | Path, sampling: Sampling, device: str = "cpu") -> "FlowDiffuser":
        """Load from a folder, a Hub id or `bundled:NAME`; UsageError when it cannot be read."""
        from diffusers import DiffusionPipeline

        return cls(open_pipeline(DiffusionPipeline, path, sampling.dtype, device), sampling)

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Image.Image]:
        s, pictures = self._sampling, []
        for part in _batches(len(prompts), s.batch_size):
            chosen = list(prompts[part])
            output = self._pipeline(
                prompt=chosen,
                height=s.size,
                width=s.size,
                num_inference_steps=s.steps,
                max_sequence_length=s.max_sequence_length,
                generator=_generators(seeds[part]),
                **_guidance(s, len(chosen)),
            )
            pictures.extend(output.images)
        return pictures


class KontextEditor:
    """A FLUX Kontext pipeline as the Inverse Diffuser: the picture to edit rides along as reference tokens."""

    def __init__(self, pipeline: Any, sampling: Sampling) -> None:
        self._pipeline, self._sampling = pipeline, sampling
        self.evals_per_image = sampling.evals

    @classmethod
    def from_pretrained(cls, path: str | Path, sampling: Sampling, device: str = "cpu") -> "KontextEditor":
        """Load from a folder, a Hub id or `bundled:NAME`; UsageError when it cannot be read."""
        from diffusers import FluxKontextPipeline

        return cls(open_pipeline(FluxKontextPipeline, path, sampling.dtype, device), sampling)

    def edit(
        self, images: Sequence[Image.Image], instructions: Sequence[str], seeds: Sequence[int]
    ) -> list[Image.Image]:
        s, pictures = self._sampling, []
        for part in _batches(len(images), s.batch_size):
            chosen = list(instructions[part])
            output = self._pipeline(
                image=list(images[part]),
                prompt=chosen,
                height=s.size,
                width=s.size,
                # Without these two, Kontext redraws everything at a million pixels.
                max_area=s.size * s.size,
                _auto_resize=False,
                num_inference_steps=s.steps,
                max_sequence_length=s.max_sequence_length,
                generator=_generators(seeds[part]),
                **_guidance(s, len(chosen)),
            )
            pictures.extend(output.images)
        return pictures
