"""Which of two pictures shows a prompt better? Asked in both orders, so that a love of the first one shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from rlrig_eval.judges.contract import Request, Task, Verdict
from rlrig_eval.judges.forms import ObjectForm, Strict
from rlrig_eval.judges.rubrics.questions import RULES


class Better(Strict):
    """Reasons stand first, so that the choice follows from them."""

    reasons: str
    better: Literal["first", "second", "tie"]


@dataclass(frozen=True)
class Pair(Task):
    """Two pictures for one prompt; `picture` is the first contestant's."""

    other: Image.Image | None = None


class Pairwise:
    """A rubric over pairs: the score is the first contestant's share of the win (1, 0.5 or 0).

    A preference that turns when the pictures change places is none: it counts as a tie, and `consistent` is 0.
    `first` is the share of the two askings in which the picture shown first was preferred.
    """

    name = "pairwise/1"

    def ask(self, task: Task) -> tuple[Request, ...]:
        if not isinstance(task, Pair) or task.other is None:
            raise TypeError("a pairwise rubric judges Pairs")
        one, other = task.image(), task.other.convert("RGB")
        text = (
            f'Which of these two pictures better shows the following?\n\n"{task.prompt}"\n\n{RULES} The order of the '
            "pictures means nothing. Reply with one JSON object and nothing else: "
            '{"reasons": a short text, "better": "first" or "second" or "tie"}'
        )
        form = ObjectForm(Better)
        return Request((one, other), text, form), Request((other, one), text, form)

    def mark(self, task: Task, read: Sequence[Better]) -> Verdict:
        straight, swapped = (reply.better for reply in read)
        shares = {"first": 1.0, "tie": 0.5, "second": 0.0}
        there, back = shares[straight], 1.0 - shares[swapped]
        consistent = there == back
        first = sum(reply.better == "first" for reply in read) / len(read)
        values = {"consistent": float(consistent), "first": first}
        return Verdict(there if consistent else 0.5, values, evidence={"reasons": [reply.reasons for reply in read]})
