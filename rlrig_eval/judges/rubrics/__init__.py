"""Rubrics by name: how a picture is asked about, and what the replies are worth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from rlrig_eval.errors import UsageError
from rlrig_eval.judges.contract import Request, Rubric, Task, Verdict
from rlrig_eval.judges.published import published_question
from rlrig_eval.judges.rubrics.as_published import AsPublished
from rlrig_eval.judges.rubrics.choice import Choice
from rlrig_eval.judges.rubrics.holistic import Holistic
from rlrig_eval.judges.rubrics.pairwise import Pair, Pairwise, PairwiseP
from rlrig_eval.judges.rubrics.questions import PYes, YesNo
from rlrig_eval.judges.rubrics.vqascore import VQAScore
from rlrig_eval.scene import Entity, Relation, SceneGraph

RUBRICS: dict[str, Callable[[], Rubric]] = {
    "yes-no": lambda: AsPublished(YesNo()),
    "p-yes": lambda: AsPublished(PYes()),
    "vqascore": VQAScore,
    "holistic": Holistic,
    "choice": lambda: AsPublished(Choice()),
}
PAIR_RUBRICS: dict[str, Callable[[], Rubric]] = {"pairwise": Pairwise, "pairwise-p": PairwiseP}


@dataclass(frozen=True)
class Family:
    """Rubrics over one kind of task. `preferred` is the attribute in which a back end names its own of them."""

    asks_about: str
    rubrics: Mapping[str, Callable[[], Rubric]]
    preferred: str
    default: str


PICTURES = Family("a picture", RUBRICS, "rubric", "yes-no")
PAIRS = Family("two pictures", PAIR_RUBRICS, "pair_rubric", "pairwise")
_FAR = 1000  # turns of one asking are fewer
_PUBLISHED = "e40f49b16d0d"  # the words before fingerprints told of them: results that were made with these keep theirs


def rubric(name: str, family: Family = PICTURES) -> Rubric:
    """The rubric called `name`, in its current version.

    Raises:
        UsageError: there is none in the family.
    """
    if name not in family.rubrics:
        for other in (PICTURES, PAIRS):
            if name in other.rubrics:
                verbs = "`rlrig-eval pairwise`" if other is PAIRS else "`run`, `score` and `aa`"
                raise UsageError(f"rubric {name!r} asks about {other.asks_about}: it is one for {verbs}")
        raise UsageError.unknown("rubric", name, family.rubrics)
    return family.rubrics[name]()


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
    keys = [request.key() for request in of.ask(_example())]
    if isinstance(of, AsPublished) and (published := _published(of)) != _PUBLISHED:
        keys.append(published)
    return _digest([of.name, *keys])


def _published(of: AsPublished) -> str:
    """Twelve hex digits over how it asks a benchmark's own questions, and how many votes make an answer."""
    questions = (
        published_question("yes", "Is there a circle?"),
        published_question("statement", "A red circle"),
        published_question("number", "How many circles are there?", "two"),
        published_question("choice", "Where? A: left, B: right", "A", choices=("left", "right")),
    )
    asked = of.ask(replace(_example(), requirements=questions))
    return _digest([f"{of.needed} of {of.votes}", *(request.key() for request in asked)])


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _example() -> Pair:
    """Also a Task, for a rubric over pictures looks at no other."""
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
    one, other = Image.new("RGB", (2, 2)), Image.new("RGB", (2, 2), "white")
    return Pair(one, "an example", tuple({r.id: r for r in requirements}.values()), other=other)
