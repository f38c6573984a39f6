"""The Diffuser, and the editors that are pipelines of diffusers themselves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rlrig.presets import RoleSampling
from rlrig_eval.checkpoints import quiet
from rlrig_eval.errors import RunError
from rlrig_eval.pipelines import Painted, Painter, open_drawer, open_named


class FlowDiffuser:
    """Any text-to-image pipeline as the Diffuser: drawn as `rlrig_eval.models.diffusers` draws."""

    def __init__(self, pipeline: Any, sampling: RoleSampling) -> None:
        self.pipeline = pipeline
        self._painter = Painter(pipeline, sampling, sampling.batch_size)
        self.evals_per_image = sampling.evals

    @classmethod
    def from_pretrained(cls, path: str | Path, sampling: RoleSampling, device: str = "cpu") -> "FlowDiffuser":
        """Load from a folder, a file, a Hub id or `bundled:NAME`; UsageError when it cannot be read."""
        return cls(open_drawer(path, sampling, device), sampling)

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Image.Image]:
        painted = self._painter.paint(prompts, seeds)
        self.evals_per_image = _evaluations(painted, self.evals_per_image)
        return [_picture(one) for one in painted]


class PipelineEditor:
    """An editing pipeline as the Inverse Diffuser: picture and text in, picture out.

    Args:
        more: arguments of its call beside the settings.
        solo: it reads several pictures as several references of one, so they come to it one by one.
        sized: its call takes width and height; else it keeps the picture's.
    """

    def __init__(
        self, pipeline: Any, sampling: RoleSampling, more: Mapping[str, Any], solo: bool = False, sized: bool = True
    ) -> None:
        stated = sampling.model_copy(update={"arguments": {**(sampling.arguments or {}), **more}})
        self.pipeline, self._size = pipeline, sampling.size
        self._painter = Painter(pipeline, stated, 1 if solo else sampling.batch_size, sized)
        self.evals_per_image = sampling.evals

    def edit(
        self, images: Sequence[Image.Image], instructions: Sequence[str], seeds: Sequence[int]
    ) -> list[Image.Image]:
        scaled = [resized(image, (self._size, self._size)) for image in images]
        with quiet():  # CLIP's encoder, of a few dozen tokens, says of every longer text what it cut off
            painted = self._painter.paint(instructions, seeds, image=scaled)
        self.evals_per_image = _evaluations(painted, self.evals_per_image)
        return [resized(_picture(one), image.size) for one, image in zip(painted, images, strict=True)]


class KontextEditor(PipelineEditor):
    """A FLUX Kontext pipeline as the Inverse Diffuser: the picture to edit rides along as reference tokens."""

    def __init__(self, pipeline: Any, sampling: RoleSampling) -> None:
        # Without these two, Kontext redraws everything at a million pixels.
        super().__init__(pipeline, sampling, {"max_area": sampling.size * sampling.size, "_auto_resize": False})

    @classmethod
    def from_pretrained(cls, path: str | Path, sampling: RoleSampling, device: str = "cpu") -> "KontextEditor":
        """Load from a folder, a Hub id or `bundled:NAME`; UsageError when it cannot be read."""
        return cls(open_kontext(path, sampling, device), sampling)


def open_kontext(path: str | Path, sampling: RoleSampling, device: str = "cpu") -> Any:
    """A FLUX Kontext pipeline, with all that `sampling` says of its loading (offload, quantise, scheduler, loras).

    Raises UsageError when the checkpoint cannot be read, or the settings do not fit it.
    """
    return open_named("FluxKontextPipeline", path, sampling, device)


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in (width, height) pixels; an edit is handed back in the size of what it was made of."""
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _evaluations(painted: Sequence[Painted], before: int) -> int:
    known = [one.evaluations for one in painted if one.evaluations is not None]
    return round(known[0]) if known else before


def _picture(painted: Painted) -> Image.Image:
    """As diffusers makes it; RunError where there is none."""
    if painted.held_back:
        raise RunError("the pipeline's safety checker held the picture back")
    if not np.isfinite(painted.pixels).all():
        raise RunError("the picture has NaN or infinite pixels")
    return Image.fromarray((painted.pixels.clip(0, 1) * 255).round().astype(np.uint8))
