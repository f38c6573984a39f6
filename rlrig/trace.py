"""What happened in the loop, as data: every round with its verdicts, instruction, reward and cost."""

from typing import Literal

from rlrig.spent import summed
from rlrig_eval.scene.graph import Frozen


class Calls(Frozen):
    """What pictures cost: decoded pictures, denoiser evaluations, calls of a VLM and its tokens; None: not known."""

    images: int
    denoiser_evals: int | None = None
    vlm_calls: int
    vlm_tokens_read: int | None = None
    vlm_tokens_written: int | None = None

    def __add__(self, other: "Calls") -> "Calls":
        """Both together; what is not known of one is not known of the sum."""
        return Calls.model_validate(
            {name: summed(getattr(self, name), getattr(other, name)) for name in Calls.model_fields}
        )


class Round(Frozen):
    """One decoded picture that the Checker saw.

    `parent` is the round whose picture was edited (None for a drawing from noise); `reward` is the share of
    requirements judged satisfied, in [0, 1]; `seconds` is this picture's share of its batch's time, from the Actor's
    writing to the Checker's looking, and `calls` what just this picture took (None in traces from before it was kept).
    """

    index: int
    action: Literal["draw", "edit", "fresh"]
    parent: int | None = None
    instruction: str | None = None
    probabilities: dict[str, float]
    reward: float
    seconds: float
    calls: Calls | None = None


class Trace(Frozen):
    """The rounds of one prompt, which of them is the answer, and why the loop ended.

    `threshold` is the P(yes) from which the Checker's answer counted as yes; `calls` is the sum of the rounds'.
    """

    threshold: float
    rounds: tuple[Round, ...]
    chosen: int
    stopped: Literal["satisfied", "budget"]
    calls: Calls
