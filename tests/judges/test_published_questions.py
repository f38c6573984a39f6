"""A benchmark's own questions reach the judge, in their own words and in the place of the graph's requirements."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from rlrig_eval.judges import Request, Verdict
from rlrig_eval.judges.asking import AskingJudge
from rlrig_eval.judges.forms import Word
from rlrig_eval.judges.published import parents_first, parents_of, published_question
from rlrig_eval.judges.rubrics.questions import PYes, YesNo
from rlrig_eval.metrics import dsg_score, dsg_scores
from rlrig_eval.models import Job
from rlrig_eval.runs.judging import questions_of, task_of
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.rows import SampleRow
from rlrig_eval.suite import Prompt
from rlrig_eval.suite.schema import Question
from tests.judges.replies import Saying, answers
from tests.runs import tiny


def prompt(*questions: Question) -> Prompt:
    return Prompt(id="p", text="a lamp left of a stool", graph=tiny.graph("left of"), group="g", questions=questions)


LAMP = Question(id="1", text="Is there a lamp?")
LEFT = Question(id="2", text="Is the lamp left of the stool?", depends=("1",))
CROWD = Question(id="3", text="Is anybody there?", answer="no")


@pytest.fixture
def judged(tmp_path: Path):
    """The verdict on a picture of a prompt, and the text that the judge was sent."""
    Image.new("RGB", (8, 8)).save(tmp_path / "p.png")

    def judge(asked: Prompt, reply: str) -> tuple[Verdict, str]:
        sample = Sample(asked, Job(asked.id, asked.text, asked.graph, 0, 1))
        row = SampleRow(id="p_0", prompt_id="p", seed=0, batch=0, status="ok", image="p.png", seconds=0.0)
        sent: list[str] = []

        def say(request: Request) -> str:
            sent.append(request.text)
            return reply

        (found,) = AskingJudge(YesNo(), Saying(say)).verdicts([task_of(tmp_path, sample, row)])
        assert isinstance(found, Verdict)
        return found, sent[0]

    return judge


def test_the_judge_is_asked_the_benchmarks_own_words(judged) -> None:
    found, sent = judged(prompt(LAMP, LEFT), answers("yes", "yes"))
    assert "q1: Is there a lamp?\nq2: Is the lamp left of the stool?" in sent
    assert "circle" not in sent  # of the graph
    assert (found.score, found.answers) == (1.0, {"1": 1.0, "2": 1.0})


def test_a_no_takes_what_depends_on_it(judged) -> None:
    found, _ = judged(prompt(LAMP, LEFT), answers("no", "yes"))
    assert (found.score, found.values["unzeroed"]) == (0.0, 0.5)


def test_the_score_is_dsgs_on_a_circle_too(judged) -> None:
    circle = (
        Question(id="1", text="a?"),
        Question(id="2", text="b?", depends=("3",)),
        Question(id="3", text="c?", depends=("1", "2")),
        Question(id="4", text="d?", depends=("2",)),
    )
    order = [question.id for question in questions_of(prompt(*circle))]
    found, _ = judged(prompt(*circle), answers(*("no" if id_ == "3" else "yes" for id_ in order)))
    parents = {question.id: question.depends for question in circle}
    said = {question.id: float(question.id != "3") for question in circle}
    assert (found.score, found.values["one_level"]) == (dsg_score(said, parents), dsg_score(said, parents, "one_level"))
    assert found.score == 0.25


def test_where_no_is_the_right_answer_it_counts_as_right(judged) -> None:
    assert judged(prompt(CROWD), answers("no"))[0].score == 1.0
    assert judged(prompt(CROWD), answers("yes"))[0].score == 0.0
    assert PYes().mark(task(CROWD), [Word(0.25, soft=True)]).answers == {"3": 0.75}


def task(*questions: Question):
    from rlrig_eval.judges import Task

    return Task(Image.new("RGB", (8, 8)), "x", questions_of(prompt(*questions)))


def test_numbers_and_choices_are_asked_too() -> None:
    number = Question(id="4", text="How many lamps are there?", answer="two")
    choice = Question(id="5", text="Where? A: left, B: right", answer="B", choices=("left", "right"))
    found = questions_of(prompt(LAMP, number, choice))
    assert [(one.answer, one.choices, one.yes_or_no) for one in found] == [
        ("yes", (), True),
        ("two", (), False),
        ("B", ("left", "right"), False),
    ]


def test_a_circle_that_is_opened_for_asking_is_still_stated_for_the_score() -> None:
    """3 and 4 depend on each other, and 4 on 2 as well: a no to 2 takes both, whichever of them is asked first."""
    circle = (
        Question(id="1", text="a?"),
        Question(id="2", text="b?"),
        Question(id="3", text="c?", depends=("1", "4")),
        Question(id="4", text="d?", depends=("2", "3")),
        Question(id="5", text="e?", depends=("3",)),
    )
    asked = questions_of(prompt(*circle))
    place = {question.id: number for number, question in enumerate(asked)}
    assert all(place[parent] < place[question.id] for question in asked for parent in question.depends)
    parents = {question.id: parents_of(question) for question in asked}
    assert parents == {question.id: question.depends for question in circle}
    scores = dsg_scores({question.id: float(question.id != "2") for question in circle}, parents)
    assert scores == {"1": 1.0, "2": 0.0, "3": 0.0, "4": 0.0, "5": 0.0}
    graph = tiny.graph("left of").requirements()
    assert [parents_of(requirement) for requirement in graph] == [requirement.depends for requirement in graph]


def test_parents_come_first_and_circles_are_opened() -> None:
    asked = [
        published_question("1", "a?", depends=("2",)),  # a later one
        published_question("2", "b?", depends=("3", "9")),  # one that is not asked
        published_question("3", "c?", depends=("2", "3")),  # a circle, and itself
    ]
    ordered = parents_first(asked)
    place = {question.id: number for number, question in enumerate(ordered)}
    assert sorted(place) == ["1", "2", "3"]
    assert all(place[parent] < place[question.id] for question in ordered for parent in question.depends)
    assert {question.id: question.depends for question in ordered} == {"1": ("2",), "2": ("3",), "3": ()}
