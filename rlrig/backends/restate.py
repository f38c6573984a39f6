"""The Actor for editors that redraw towards a text: it says what the picture should show, not what to change."""

from collections.abc import Sequence

from PIL.Image import Image

from rlrig.spent import Spent
from rlrig_eval.scene import Requirement


class RestatingActor:
    """Writes the prompt again, and after it what of it is not true yet; looks at no picture."""

    def write(
        self,
        images: Sequence[Image],
        prompts: Sequence[str],
        failed: Sequence[Sequence[Requirement]],
        seeds: Sequence[int],
    ) -> list[str]:
        self.spent = [Spent()] * len(prompts)
        return [restated(prompt, wrong) for prompt, wrong in zip(prompts, failed, strict=True)]


def restated(prompt: str, failed: Sequence[Requirement]) -> str:
    """
    >>> restated("a red circle left of a blue square.", ())
    'a red circle left of a blue square'
    """
    return ", ".join([prompt.rstrip(". "), *(requirement.statement() for requirement in failed)])
