"""A benchmark's own questions whose answers are not all yes or no: numbers, and multiple choices by votes.

Each question is asked alone, in its own words, as GenEval 2 and SpatialGenEval ask them. A number is right when it is
one of the spellings that Soft-TIFA counts (arXiv 2512.16853: the word or its digits). A choice is right when `needed`
of `votes` votes find its letter (SpatialGenEval, arXiv 2601.20354: 4 of 5), its options in their published order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from pydantic import create_model

from rlrig_eval.judges.contract import Request, Rubric, Task, Verdict
from rlrig_eval.judges.forms import ObjectForm, Strict, Word, WordForm
from rlrig_eval.judges.published import PublishedQuestion
from rlrig_eval.judges.rubrics.choice import Choice
from rlrig_eval.judges.rubrics.questions import ANSWERS, RULES, YesNo
from rlrig_eval.judges.zeroing import question_values
from rlrig_eval.metrics import soft_tifa_spellings

LETTERS = "ABCDE"


@dataclass(frozen=True)
class AsPublished:
    """`of`, but for pictures about which a benchmark asks for more than yes and no: those are judged on its questions.

    Where every question is answered by yes or no, and where there are none, `of` asks.
    """

    of: Rubric = field(default_factory=YesNo)
    votes: int = Choice.votes
    needed: int = Choice.needed

    @property
    def name(self) -> str:
        return self.of.name

    def ask(self, task: Task) -> tuple[Request, ...]:
        questions = _published(task)
        if not questions:
            return self.of.ask(task)
        image = task.image()
        return tuple(
            Request((image,), _text(question), _form(question), turn)
            for question in questions
            for turn in range(self._turns(question))
        )

    def mark(self, task: Task, read: Sequence[Any]) -> Verdict:
        questions = _published(task)
        if not questions:
            return self.of.mark(task, read)
        said, rest = [], list(read)
        for question in questions:
            turns = self._turns(question)
            said.append([_said(reply) for reply in rest[:turns]])
            rest = rest[turns:]
        shares = {
            question.id: sum(_right(question, word) for word in words) / len(words)
            for question, words in zip(questions, said, strict=True)
        }
        least = {question.id: self.needed / self.votes if question.choices else 1.0 for question in questions}
        answers = {name: float(share >= least[name]) for name, share in shares.items()}
        values = question_values(questions, answers, soft=False)
        letters = [word for question, words in zip(questions, said, strict=True) if question.choices for word in words]
        evidence = {
            "said": {question.id: words for question, words in zip(questions, said, strict=True)},
            "letters": dict(sorted(Counter(letters).items())),
            "letters_right": dict(sorted(Counter(q.answer for q in questions if q.choices).items())),
        }
        return Verdict(values.pop("score"), values, answers, evidence)

    def _turns(self, question: PublishedQuestion) -> int:
        return self.votes if question.choices else 1


def _published(task: Task) -> tuple[PublishedQuestion, ...]:
    """The questions of a task, where yes and no will not answer them all; else none."""
    found = tuple(one for one in task.requirements if isinstance(one, PublishedQuestion))
    return found if any(not question.yes_or_no for question in found) else ()


def _text(question: PublishedQuestion) -> str:
    if question.yes_or_no:
        return question.question() + ANSWERS
    shape = " or ".join(f'"{letter}"' for letter in _letters(question)) if question.choices else "one word or number"
    return f'{question.text}\n\n{RULES}\n\nReply with one JSON object and nothing else: {{"answer": {shape}}}'


def _form(question: PublishedQuestion) -> WordForm | ObjectForm:
    return WordForm() if question.yes_or_no else _answer_form(_letters(question))


def _letters(question: PublishedQuestion) -> str:
    return LETTERS[: len(question.choices)]


@lru_cache(maxsize=len(LETTERS) + 1)
def _answer_form(letters: str) -> ObjectForm:
    """One of the letters; a word or a number where there are none."""
    answer: Any = Literal[tuple(letters)] if letters else int | str
    return ObjectForm(create_model("Answer", __base__=Strict, answer=(answer, ...)))


def _said(reply: Any) -> str:
    if isinstance(reply, Word):
        return "yes" if reply.p >= 0.5 else "no"
    return str(reply.answer).strip().removesuffix(".")


def _right(question: PublishedQuestion, said: str) -> bool:
    if question.yes_or_no or question.choices:
        return said == question.answer
    counts = question.text.startswith("How many")
    spelt = soft_tifa_spellings(question.text, question.answer) if counts else (question.answer,)
    return said.casefold() in {spelling.strip().casefold() for spelling in spelt}
