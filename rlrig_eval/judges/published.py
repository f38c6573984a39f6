"""Questions that a published benchmark asks in its own words, in the place of a graph's requirements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import networkx as nx

from rlrig_eval.scene import Requirement


class PublishedQuestion(Requirement):
    """A question as it stands, or a statement to be affirmed. A judge that gives `answer` finds it satisfied.

    `answer` is "yes" or "no", a number in words or digits, or the letter of one of `choices`. `stated` are the ids that
    it depends on in the published file, circles and all; `depends` leaves out what has no order.

    >>> published_question("1", "A red rose").question()
    'does the picture show this: A red rose?'
    """

    text: str
    answer: str = "yes"
    choices: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()

    @property
    def yes_or_no(self) -> bool:
        return not self.choices and self.answer in ("yes", "no")

    def statement(self) -> str:
        return self.text

    def question(self) -> str:
        asks = self.text.rstrip().endswith(("?", "？"))
        return self.text if asks else f"does the picture show this: {self.text}?"


def published_question(
    id_: str, text: str, answer: str = "yes", depends: Iterable[str] = (), choices: Iterable[str] = ()
) -> PublishedQuestion:
    """The question, of no kind that another one is of: only its words say what it asks."""
    stated = tuple(depends)
    return PublishedQuestion(
        id=id_,
        kind="exists",
        entities=(),
        references=(),
        depends=stated,
        stated=stated,
        text=text,
        answer=answer,
        choices=tuple(choices),
    )


def parents_first(questions: Sequence[PublishedQuestion]) -> tuple[PublishedQuestion, ...]:
    """The questions such that each comes after those it depends on, else in their own order.

    Dependencies on nothing that is asked are left out of `depends`, and of a circle the one that would close it:
    published files have both. That is for asking alone; scores go by what is `stated` (`parents_of`).
    """
    order: nx.DiGraph[str] = nx.DiGraph()
    by_id: Mapping[str, PublishedQuestion] = {question.id: question for question in questions}
    order.add_nodes_from(by_id)
    for question in questions:
        for parent in question.depends:
            if parent in by_id and parent != question.id and not nx.has_path(order, question.id, parent):
                order.add_edge(parent, question.id)
    place = {question.id: number for number, question in enumerate(questions)}
    names = nx.lexicographical_topological_sort(order, key=place.__getitem__)
    return tuple(by_id[name].model_copy(update={"depends": tuple(order.predecessors(name))}) for name in names)


def parents_of(requirement: Requirement) -> tuple[str, ...]:
    """The ids that a requirement depends on, for `dsg_scores`: of a published question, as its file states them."""
    return requirement.stated if isinstance(requirement, PublishedQuestion) else requirement.depends


def satisfied(requirement: Requirement, yes: float) -> float:
    """P(satisfied) of a requirement to which P(yes) is `yes`.

    >>> satisfied(published_question("1", "Is there no dog?"), 0.75), satisfied(published_question("1", "?", "no"), 1.0)
    (0.75, 0.0)
    """
    return 1 - yes if isinstance(requirement, PublishedQuestion) and requirement.answer == "no" else yes
