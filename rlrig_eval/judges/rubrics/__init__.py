"""Rubrics by name: how a picture is asked about, and what the replies are worth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from rlrig_eval.errors import UsageError
from rlrig_eval.judges.contract import Request, Rubric, Task, Verdict
from rlrig_eval.judges.rubrics.choice import Choice
from rlrig_eval.judges.rubrics.holistic import Holistic
from rlrig_eval.judges.rubrics.questions import PYes, YesNo
from rlrig_eval.judges.rubrics.vqascore import VQAScore
from rlrig_eval.scene import Entity, Relation, SceneGraph

RUBRICS: dict[str, Callable[[], Rubric]] = {
    "yes-no": YesNo,
    "p-yes": PYes,
    "vqascore": VQAScore,
    "holistic": Holistic,
    "choice": Choice,
}


_FAR = 1000  # turns of one asking are fewer


def rubric(name: str) -> Rubric:
    """The rubric called `name`, in its current version.

    Raises:
        UsageError: there is none.
    """
    if name not in RUBRICS:
        raise UsageError.unknown("rubric", name, RUBRICS)
    return RUBRICS[name]()


@dataclass(frozen=True)
class Again:
    """A rubric asked once more: the same words in other turns."""

    of: Rubric
    turn: int

    @property
    def name(self) -> str:
        return self.of.name

    def ask(self, task: Task) -> tuple[Request, ...]:
        return tuple(replace(request, turn=request.turn + _FAR * self.turn) for request in self.of.ask(task))

    def mark(self, task: Task, read: Sequence[Any]) -> Verdict:
        return self.of.mark(task, read)


def fingerprint(of: Rubric) -> str:
    """Twelve hex digits over the very words and schemas with which a rubric asks about a fixed scene.

    A change of wording changes it, also where somebody forgot to raise the version in the name.
    """
    keys = [request.key() for request in of.ask(_EXAMPLE)]
    return hashlib.sha256("\n".join([of.name, *keys]).encode()).hexdigest()[:12]


def _example() -> Task:
    things = (
        Entity(id="a", category="circle", attributes=("red", "small")),
        Entity(id="b", category="square", attributes=("blue",), count=2),
        Entity(id="c", category="star"),
    )
    stated = (
        Relation(subject="a", predicate="left of", object="b"),
        Relation(subject="c", predicate="inside", object="a", negated=True),
        Relation(subject="a", predicate="between", object=("b", "c")),
    )
    graph = SceneGraph(entities=things, relations=stated)
    requirements = (*graph.requirements("exact"), *graph.requirements("at_least"))
    return Task(Image.new("RGB", (2, 2)), "an example", tuple({r.id: r for r in requirements}.values()))


_EXAMPLE = _example()
