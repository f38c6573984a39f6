"""The four roles of RL-RIG: who draws, who looks, who asks for an edit, who edits."""

from collections.abc import Sequence
from typing import Protocol

from PIL.Image import Image

from rlrig_eval.scene import Requirement


class Diffuser(Protocol):
    """Draws a picture from a prompt; frozen in every experiment."""

    evals_per_image: int
    """Denoiser evaluations a picture costs (guidance doubles them)."""

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Image]:
        """One RGB picture a prompt; the same (prompt, seed) gives the same picture in any batch (to a grey level)."""
        ...


class Checker(Protocol):
    """Looks at a picture and gives every requirement a probability of being met; frozen, adapters off.

    One that keeps in `spent` what its last call took, a `rlrig.spent.Spent` a picture, has its tokens counted.
    """

    def check(self, images: Sequence[Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        """P(yes) in [0, 1] for each requirement of each image."""
        ...


class Actor(Protocol):
    """Looks at a picture and what is wrong with it, and writes one edit instruction; `spent` as of the Checker."""

    def write(
        self,
        images: Sequence[Image],
        prompts: Sequence[str],
        failed: Sequence[Sequence[Requirement]],
        seeds: Sequence[int],
    ) -> list[str]:
        """One instruction an image, of its seed where the Actor draws; a greedy one does not look at it."""
        ...


class InverseDiffuser(Protocol):
    """Edits a picture as an instruction says."""

    evals_per_image: int

    def edit(self, images: Sequence[Image], instructions: Sequence[str], seeds: Sequence[int]) -> list[Image]:
        """One RGB picture an image, of the same size; `instructions` as the loop words them (`presets.Loop.told`)."""
        ...
