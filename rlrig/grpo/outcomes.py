"""A failed picture to start from, and what became of it: all that a reward may look at."""

from dataclasses import dataclass, replace
from functools import cached_property

from PIL.Image import Image

from rlrig.reward import Assessment, assess
from rlrig_eval.scene import Requirement, SceneGraph
from rlrig_eval.scene.requirements import Counting


@dataclass(frozen=True)
class Start:
    """A picture of a prompt, with the Checker's P(yes) for each of the prompt's requirements; `counting` is its suite's
    rule."""

    prompt: str
    graph: SceneGraph
    image: Image
    probabilities: tuple[float, ...]
    threshold: float = 0.5
    counting: Counting = "exact"

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        return self.graph.requirements(self.counting)

    @cached_property
    def view(self) -> Assessment:
        """The verdicts, and the share of satisfied requirements, at `threshold`."""
        return assess(self.requirements, self.probabilities, self.threshold)


@dataclass(frozen=True)
class Outcome:
    """One edit: the picture before and after it, the instruction, and whether the Actor ended it by itself."""

    before: Start
    after: Start
    instruction: str
    finished: bool = True

    def undone(self) -> "Outcome":
        """The same with the picture left as it was."""
        return replace(self, after=self.before)
