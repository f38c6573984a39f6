"""GenEval 2's numbers and SpatialGenEval's choices reach the judge as published, in a run from their files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rlrig_eval.cli import main
from rlrig_eval.judges import Task, Unscored, Verdict
from rlrig_eval.judges.asking import AskingJudge
from rlrig_eval.judges.published import published_question
from rlrig_eval.judges.rubrics import RUBRICS, fingerprint
from rlrig_eval.judges.rubrics.as_published import AsPublished
from rlrig_eval.judges.rubrics.questions import YesNo
from rlrig_eval.judges.scripted import Scripted
from rlrig_eval.runs.latest import read_scores

GENEVAL2 = {
    "prompt": "two red lamps left of a stool",
    "atom_count": 3,
    "vqa_list": [
        ["How many lamps are in the image?", "two"],
        ["Are the lamps red?", "Yes"],
        ["Are the lamps to the left of the stool?", "Yes"],
    ],
    "skills": ["count", "attribute", "position"],
}
SPATIALGENEVAL = {
    "id": 3,
    "scene": "room",
    "prompt": "a lamp left of a stool",
    "question_type": ["position", "layout"],
    "questions": [
        "Where is the lamp? A: left of the stool, B: right of the stool, C: above it, D: below it, E: None",
        "How are they arranged? A: in a row, B: in a pile, C: in a ring, D: None",
    ],
    "answers": ["A: left of the stool", "C"],
}
NUMBER = published_question("n", "How many lamps are there?", "two")
CHOICE = published_question("c", "Where? A: left, B: right", "A", choices=("left", "right"))
LAMP = published_question("y", "Is there a lamp?")

Line = dict[str, Any]


def script(path: Path, *lines: Line) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def answer(said: object, **more: Any) -> Line:
    return {"reply": json.dumps({"answer": said}), **more}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The judge's row of a run, by command line, of one record of a suite, with scripted replies."""

    def row(suite: str, record: Line, *replies: Line) -> Any:
        data, out = script(tmp_path / "data.jsonl", record), tmp_path / "run"
        given = ["--suite", suite, "--suite-path", data, "--model", "synthetic", "--out", out]
        asked = ["--judge", "scripted", "-J", f"replies={script(tmp_path / 'script.jsonl', *replies)}"]
        monkeypatch.setattr(sys, "argv", ["rlrig-eval", "run", *map(str, given), "--seeds", "0", *asked])
        with pytest.raises(SystemExit) as left:
            main()
        assert not left.value.code
        (found,) = read_scores(out, "judge.scripted").values()
        return found

    return row


def judged(path: Path, question: Any, *replies: Line) -> Verdict | Unscored:
    task = Task(Image.new("RGB", (8, 8)), "x", (question,))
    (found,) = AskingJudge(AsPublished(YesNo()), Scripted(script(path, *replies))).verdicts([task])
    return found


def test_a_run_of_geneval2_asks_how_many_and_yes_or_no(run) -> None:
    row = run(
        "geneval2", GENEVAL2, answer("Two", asks="How many"), {"asks": "left of", "reply": "no"}, {"reply": "yes"}
    )
    assert row.evidence["answers"] == {"1": 1.0, "2": 1.0, "3": 0.0}
    assert row.values["score"] == pytest.approx(2 / 3)


def test_a_run_of_spatialgeneval_asks_for_letters_and_shows_a_constant_one(run) -> None:
    row = run("spatialgeneval", SPATIALGENEVAL, answer("C"))
    assert row.evidence["answers"] == {"1": 0.0, "2": 1.0}
    assert (row.evidence["letters"], row.evidence["letters_right"]) == ({"C": 10}, {"A": 1, "C": 1})


@pytest.mark.parametrize(
    ("said", "score"),
    [*((right, 1.0) for right in ("two", "Two", "2", 2, "two.")), *((no, 0.0) for no in ("three", 3, "several"))],
)
def test_a_number_is_right_in_the_spellings_that_are_published(tmp_path: Path, said: object, score: float) -> None:
    found = judged(tmp_path / "script.jsonl", NUMBER, answer(said))
    assert isinstance(found, Verdict)
    assert found.score == score


@pytest.mark.parametrize(
    ("question", "reply"),
    [(NUMBER, {"reply": "I see two."}), (CHOICE, answer("C")), (CHOICE, {"reply": "A"})],  # C is no option of two
)
def test_a_reply_of_another_form_is_unscored_and_not_wrong(tmp_path: Path, question: Any, reply: Line) -> None:
    assert isinstance(judged(tmp_path / "script.jsonl", question, reply), Unscored)


@pytest.mark.parametrize(("right", "score"), [(5, 1.0), (4, 1.0), (3, 0.0), (0, 0.0)])
def test_four_votes_of_five_are_enough(tmp_path: Path, right: int, score: float) -> None:
    task = Task(Image.new("RGB", (8, 8)), "x", (CHOICE,))
    keys = [request.key() for request in AsPublished(YesNo()).ask(task)]
    replies = [answer("A" if number < right else "B", key=key) for number, key in enumerate(keys)]
    found = judged(tmp_path / "script.jsonl", CHOICE, *replies)
    assert isinstance(found, Verdict)
    assert (found.score, len(found.replies)) == (score, 5)


def test_questions_of_yes_and_no_alone_are_asked_as_ever() -> None:
    """All in one request, in the same words: verdicts of old runs stay comparable."""
    task = Task(Image.new("RGB", (8, 8)), "x", (LAMP,))
    assert [request.text for request in AsPublished(YesNo()).ask(task)] == [r.text for r in YesNo().ask(task)]
    assert fingerprint(RUBRICS["yes-no"]()) == fingerprint(YesNo())
