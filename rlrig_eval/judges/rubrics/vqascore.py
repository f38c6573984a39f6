"""VQAScore: P(yes) to one question about the whole prompt (Lin et al. 2024, t2v_metrics v3.0 wording)."""

from __future__ import annotations

from collections.abc import Sequence

from rlrig_eval.judges.contract import Request, Task, Verdict
from rlrig_eval.judges.forms import ChanceForm
from rlrig_eval.metrics.vqa import VQASCORE_PROMPT


class VQAScore:
    """The template is part of the instrument: changing it moves scores. So is P(yes): a word does not replace it."""

    name = "vqascore/1"

    def ask(self, task: Task) -> tuple[Request, ...]:
        return (Request((task.image(),), VQASCORE_PROMPT.format(text=task.prompt), ChanceForm()),)

    def mark(self, task: Task, read: Sequence[float]) -> Verdict:
        return Verdict(read[0])
