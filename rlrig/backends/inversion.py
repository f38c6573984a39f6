"""Inverse Diffusers that need no training: a flow pipeline edits by the way it draws.

They redraw a picture towards a text that says what it should show, so the instruction they are given is such a text,
not a command. A description of the picture as it is helps (`between`); the loop has none, and the empty one serves.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from rlrig.backends import solvers
from rlrig.backends.fields import field_of, noise_levels, patch
from rlrig.backends.flow import resized
from rlrig.presets import Inversion, RoleSampling
from rlrig_eval.pipelines.painter import backing_off, counted

Generators = list[torch.Generator]


class InversionEditor:
    """RF-Inversion, RF-Solver, FireFlow or FlowEdit on a pipeline that draws.

    `sampling.guidance` is that of the text edited towards; steps, size and batch size are the drawing's own.
    """

    def __init__(self, pipeline: Any, kind: str, sampling: RoleSampling, inversion: Inversion) -> None:
        self._field = field_of(pipeline, sampling.size, sampling.max_sequence_length or 512)
        self._sampling, self._inversion, self._at_once = sampling, inversion, sampling.batch_size
        self._way: Callable[[Tensor, list[str], list[str], Generators], Tensor] = {
            "rf-inversion": self._rf_inversion,
            "rf-solver": self._rf_solver,
            "fireflow": self._fireflow,
            "flowedit": self._flow_edit,
        }[kind]
        self.evals_per_image = 0
        """Those of the last edit, for they depend on the way; 0 before it."""

    def edit(
        self, images: Sequence[Image.Image], instructions: Sequence[str], seeds: Sequence[int]
    ) -> list[Image.Image]:
        """Each picture redrawn towards its text."""
        return self.between(images, [""] * len(images), instructions, seeds)

    def between(
        self, images: Sequence[Image.Image], sources: Sequence[str], targets: Sequence[str], seeds: Sequence[int]
    ) -> list[Image.Image]:
        """Each picture, which shows what its source says, redrawn towards its target."""

        def some(part: slice) -> list[Image.Image]:
            generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds[part]]
            with counted(self._field.pipeline) as calls:
                clean = self._field.encode(images[part])
                edited = self._way(clean, list(sources[part]), list(targets[part]), generators)
                found = self._field.decode(edited)
            self.evals_per_image = round(sum(calls) / len(found))
            return found

        edited, self._at_once = backing_off(some, len(images), self._at_once, _tidy)
        return [resized(picture, image.size) for picture, image in zip(edited, images, strict=True)]

    def _levels(self, clean: Tensor) -> tuple[float, ...]:
        """Noise levels from 1 down to 0."""
        tokens = (self._sampling.size // patch(self._field.pipeline)) ** 2
        return noise_levels(self._field.pipeline, self._sampling.steps, tokens)

    def _velocities(self, sources: list[str], targets: list[str]) -> tuple[solvers.Velocity, solvers.Velocity]:
        wanted = self._sampling.guidance
        return (
            self._field.velocity(sources, self._inversion.source_guidance),
            self._field.velocity(targets, 1.0 if wanted is None else wanted),
        )

    def _rf_inversion(self, clean: Tensor, sources: list[str], targets: list[str], generators: Generators) -> Tensor:
        source, target = self._velocities(sources, targets)
        down, inversion = self._levels(clean), self._inversion
        noise = _noise(clean, generators)
        noisy = solvers.controlled_inversion(source, clean, noise, down[::-1], inversion.gamma)
        steps = len(down) - 1
        held = round(steps * inversion.eta_share)
        etas = [inversion.eta] * held + [0.0] * (steps - held)
        return solvers.controlled_edit(target, noisy, clean, down, etas)

    def _rf_solver(self, clean: Tensor, sources: list[str], targets: list[str], generators: Generators) -> Tensor:
        return self._there_and_back(solvers.rf_solver, clean, sources, targets)

    def _fireflow(self, clean: Tensor, sources: list[str], targets: list[str], generators: Generators) -> Tensor:
        return self._there_and_back(solvers.fireflow, clean, sources, targets)

    def _there_and_back(self, solver: solvers.Solver, clean: Tensor, sources: list[str], targets: list[str]) -> Tensor:
        source, target = self._velocities(sources, targets)
        down = self._levels(clean)[self._skipped :]
        return solver(target, solver(source, clean, down[::-1]), down)

    def _flow_edit(self, clean: Tensor, sources: list[str], targets: list[str], generators: Generators) -> Tensor:
        source, target = self._velocities(sources, targets)
        down = self._levels(clean)[self._skipped :]
        averaged = range(self._inversion.averages)
        noises = ([_noise(clean, generators) for _ in averaged] for _ in down[1:])
        return solvers.flow_edit(source, target, clean, down, noises)

    @property
    def _skipped(self) -> int:
        """Steps at the noisy end that are left out: what they decide, the layout, stays."""
        return self._sampling.steps - round(self._sampling.steps * self._inversion.share)


def _noise(like: Tensor, generators: Generators) -> Tensor:
    return torch.stack([torch.randn(like.shape[1:], generator=g) for g in generators]).to(like)


def _tidy() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
