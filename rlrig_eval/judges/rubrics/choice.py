"""Multiple choice: which statement about a relation is true? It counts when enough of several votes find it.

After SpatialGenEval (4 of 5 votes). Its published key is one letter in 46 % of the questions, so that a constant
answer scores 46 %; here every vote shuffles the options anew, by a hash of the question.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import create_model

from rlrig_eval.judges.contract import Request, Task, Verdict
from rlrig_eval.judges.forms import ObjectForm, Strict
from rlrig_eval.judges.rubrics.questions import RULES
from rlrig_eval.scene import Requirement, opposite

LETTERS = "ABC"
NEITHER = "neither is true"


@dataclass(frozen=True)
class Choice:
    """The share of relations whose true statement gets at least `needed` of `votes` votes."""

    votes: int = 5
    needed: int = 4
    name: str = "choice/2"

    def ask(self, task: Task) -> tuple[Request, ...]:
        relations = relations_of(task)
        image = task.image() if relations else None
        return tuple(
            Request((image,), _text(options(task, relation, turn)), letter_form(), turn)
            for relation in relations
            for turn in range(self.votes)
            if image is not None
        )

    def mark(self, task: Task, read: Sequence[Any]) -> Verdict:
        letters = [reply.answer for reply in read]
        relations = relations_of(task)
        right = [key(task, relation, turn) for relation in relations for turn in range(self.votes)]
        hits = [given == wanted for given, wanted in zip(letters, right, strict=True)]
        votes = [sum(hits[start : start + self.votes]) for start in range(0, len(hits), self.votes)]
        score = sum(vote >= self.needed for vote in votes) / len(votes) if votes else None
        evidence = {
            "letters": dict(sorted(Counter(letters).items())),
            "letters_right": dict(sorted(Counter(right).items())),
            "right_votes": {one.id: vote / self.votes for one, vote in zip(relations, votes, strict=True)},
        }
        return Verdict(score, evidence=evidence)


def relations_of(task: Task) -> list[Requirement]:
    return [requirement for requirement in task.requirements if requirement.kind == "relation"]


def options(task: Task, relation: Requirement, turn: int) -> tuple[str, ...]:
    """The true statement, its contrary on the same axis, and neither, in the order of one vote."""
    stated = relation.statement()
    turned = opposite(relation.predicate or "")
    # "not left of" and "not right of" may both be true: the contrary of what is denied is that it holds.
    by_word = turned != relation.predicate and not relation.negated
    contrary = {"predicate": turned} if by_word else {"negated": not relation.negated}
    shown = (stated, relation.model_copy(update=contrary).statement(), NEITHER)
    return tuple(sorted(shown, key=lambda text: _place(f"{task.prompt}|{stated}|{turn}|{text}")))


def _place(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def key(task: Task, relation: Requirement, turn: int) -> str:
    """The letter of the true statement in one vote."""
    return LETTERS[options(task, relation, turn).index(relation.statement())]


@lru_cache(maxsize=1)
def letter_form() -> ObjectForm:
    letter: Any = Literal["A", "B", "C"]
    return ObjectForm(create_model("Letter", __base__=Strict, answer=(letter, ...)))


def _text(shown: Sequence[str]) -> str:
    listed = "\n".join(f"{letter}: {text}" for letter, text in zip(LETTERS, shown, strict=True))
    return (
        f"Which is true of this picture? {RULES}\n\n{listed}\n\n"
        'Reply with one JSON object and nothing else: {"answer": "A" or "B" or "C"}'
    )
