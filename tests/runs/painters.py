"""Models that misbehave, each in one way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from rlrig_eval.models import Failure, Job, Picture
from rlrig_eval.models.pictures import from_array


def blank(side: int = 64, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (side, side))


class Painter:
    settings = {"size": 64}  # noqa: RUF012
    batch_size = 8


class TooFew(Painter):
    def generate(self, jobs: Sequence[Job]):
        return [blank() for _ in jobs[1:]]


class WrongSize(Painter):
    def generate(self, jobs: Sequence[Job]):
        return [blank(32) for _ in jobs]


class Grey(Painter):
    def generate(self, jobs: Sequence[Job]):
        return [blank(mode="L") for _ in jobs]


class NotANumber(Painter):
    def generate(self, jobs: Sequence[Job]):
        return [from_array(np.full((64, 64, 3), np.nan)) for _ in jobs]


class FloatPicture(Painter):
    def generate(self, jobs: Sequence[Job]):
        return [Image.fromarray(np.full((64, 64), np.nan, np.float32)) for _ in jobs]


class Arrays(Painter):
    def generate(self, jobs: Sequence[Job]):
        return [np.zeros((64, 64, 3), np.uint8) for _ in jobs]


class Broken(Painter):
    def generate(self, jobs: Sequence[Job]):
        raise RuntimeError("CUDA out of memory")


class Leaving(Painter):
    def generate(self, jobs: Sequence[Job]):
        raise SystemExit(3)


class Photographer(Painter):
    """Draws well, but nothing of the shapes world."""

    def generate(self, jobs: Sequence[Job]):
        pixels = [np.random.default_rng(job.noise).integers(0, 256, (64, 64, 3), np.uint8) for job in jobs]
        return [Picture(Image.fromarray(one)) for one in pixels]


class Moody(Painter):
    """Refuses some prompts."""

    def generate(self, jobs: Sequence[Job]):
        return [Failure("not today") if job.prompt_id == "p03" else blank() for job in jobs]


class BadCost(Painter):
    """Says of one picture that it cost nothing that is a number."""

    def generate(self, jobs: Sequence[Job]):
        return [Picture(blank(), cost={"denoiser_evals": None}) for _ in jobs]


class NanCost(Painter):
    """Says of every picture that it cost what no file can hold."""

    def generate(self, jobs: Sequence[Job]):
        return [Picture(blank(), cost={"denoiser_evals": np.nan}) for _ in jobs]


class Mojibake(Painter):
    """Fails over a file with a broken name."""

    def generate(self, jobs: Sequence[Job]):
        raise OSError("caf\udce9.png")


class BadTrace(Painter):
    def generate(self, jobs: Sequence[Job]):
        return [Picture(blank(), trace={"reward": np.float32(0.5)}) for _ in jobs]
