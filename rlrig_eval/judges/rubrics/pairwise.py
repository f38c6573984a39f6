"""Which of two pictures shows a prompt better? Asked in both orders, so that a love of the first one shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from rlrig_eval.judges.contract import Form, Request, Task, Verdict, opened
from rlrig_eval.judges.forms import ObjectForm, Strict, Word, WordForm
from rlrig_eval.judges.rubrics.questions import ANSWERS, RULES, quoted

Preferred = Literal["first", "second", "tie"]
_SHARES = {"first": 1.0, "tie": 0.5, "second": 0.0}


class Better(Strict):
    """Reasons stand first, so that the choice follows from them."""

    reasons: str
    better: Preferred


@dataclass(frozen=True)
class Pair(Task):
    """Two pictures for one prompt; `picture` is the first contestant's."""

    other: Path | Image.Image = field(kw_only=True)


class Pairwise:
    """A rubric over pairs: the score is the first contestant's share of the win (1, 0.5 or 0).

    A preference that turns when the pictures change places is none: it counts as a tie, and `consistent` is 0.
    `first` is the share of the two askings in which the picture shown first was preferred, a tie counting half.
    """

    name = "pairwise/1"

    def ask(self, task: Task) -> tuple[Request, ...]:
        text = (
            f"Which of these two pictures better shows the following?\n\n{quoted(task.prompt)}\n\n{RULES} "
            "The order of the pictures means nothing. Reply with one JSON object and nothing else: "
            '{"reasons": a short text, "better": "first" or "second" or "tie"}'
        )
        return _both_orders(task, text, ObjectForm(Better))

    def mark(self, task: Task, read: Sequence[Better]) -> Verdict:
        straight, swapped = (reply.better for reply in read)
        return _settled(straight, swapped, {"reasons": [reply.reasons for reply in read]})


class PairwiseP:
    """The same for a back end that gives P(yes) to one word: what is shown first is better from one half on."""

    name = "pairwise-p/1"

    def ask(self, task: Task) -> tuple[Request, ...]:
        text = f"does the first of these two pictures show {quoted(task.prompt)} better than the second?{ANSWERS}"
        return _both_orders(task, text, WordForm())

    def mark(self, task: Task, read: Sequence[Word]) -> Verdict:
        chances = [word.p for word in read]
        straight, swapped = map(_preferred, chances)
        return _settled(straight, swapped, {"p_first": chances})


def _both_orders(task: Task, text: str, form: Form) -> tuple[Request, ...]:
    if not isinstance(task, Pair):
        raise TypeError("a pairwise rubric judges Pairs")
    one, other = task.image(), opened(task.other)
    return Request((one, other), text, form), Request((other, one), text, form)


def _preferred(p: float) -> Preferred:
    if p == 0.5:
        return "tie"
    return "first" if p > 0.5 else "second"


def _settled(straight: Preferred, swapped: Preferred, evidence: Mapping[str, Any]) -> Verdict:
    there, back = _SHARES[straight], 1.0 - _SHARES[swapped]
    consistent = there == back
    values = {"consistent": float(consistent), "first": (_SHARES[straight] + _SHARES[swapped]) / 2}
    return Verdict(there if consistent else 0.5, values, evidence=evidence)
