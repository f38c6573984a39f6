"""What a judge is asked about a prompt's picture, where the benchmark has questions of its own."""

from __future__ import annotations

from typing import Literal, cast

from rlrig_eval.judges.published import PublishedQuestion, parents_first, published_question
from rlrig_eval.suite import Prompt


def asked_of(prompt: Prompt) -> tuple[PublishedQuestion, ...]:
    """The prompt's questions, parents first; none unless every one is answered by yes or no.

    With multiple choices, or numbers for answers, among them the graph's requirements are judged instead: a part of
    a benchmark's questions is not its score.
    """
    if not all(question.answer in ("yes", "no") and not question.choices for question in prompt.questions):
        return ()
    return parents_first(
        [published_question(q.id, q.text, cast(Literal["yes", "no"], q.answer), q.depends) for q in prompt.questions]
    )
