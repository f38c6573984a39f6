"""One mark from 0 to 10 for the whole picture, reasons first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from rlrig_eval.judges.contract import Request, Task, Verdict
from rlrig_eval.judges.forms import ObjectForm, Strict
from rlrig_eval.judges.rubrics.questions import RULES, quoted

BEST = 10


class Mark(Strict):
    """Reasons stand before the mark, so that the mark follows from them."""

    reasons: str
    mark: Annotated[int, Field(ge=0, le=BEST)]


class Holistic:
    """The mark over ten."""

    name = "holistic/1"

    def ask(self, task: Task) -> tuple[Request, ...]:
        text = (
            f"How well does this picture show the following, as to what is there, how many, and where?\n\n"
            f"{quoted(task.prompt)}\n\n{RULES}\n\n"
            f"0 means that nothing of it is shown, {BEST} that all of it is shown exactly. Reply with one JSON object "
            f'and nothing else: {{"reasons": a short text, "mark": a whole number from 0 to {BEST}}}'
        )
        return (Request((task.image(),), text, ObjectForm(Mark)),)

    def mark(self, task: Task, read: Sequence[Mark]) -> Verdict:
        return Verdict(read[0].mark / BEST, evidence={"reasons": read[0].reasons})
