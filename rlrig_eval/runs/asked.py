"""What a judge is asked about a prompt's picture, where the benchmark has questions of its own."""

from __future__ import annotations

from rlrig_eval.judges.published import PublishedQuestion, parents_first, published_question
from rlrig_eval.suite import Prompt


def asked_of(prompt: Prompt) -> tuple[PublishedQuestion, ...]:
    """The prompt's questions, parents first: to be answered by yes or no, a number, or the letter of a choice."""
    return parents_first([published_question(q.id, q.text, q.answer, q.depends, q.choices) for q in prompt.questions])
