"""SpatialGenEval: ten multiple-choice questions a prompt (arXiv 2601.20354, AMAP-ML/SpatialGenEval)."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import read_text
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.questions import asked
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt, Question

_OPTION = re.compile(r"(?:^|[\s,;(])([A-E]): *(.*?)(?=[\s,;]+[A-E]: |\s*$)", re.DOTALL)
_KEY = re.compile(r"\s*\(?([A-E])\b")
Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class Scene(Record):
    """A record: options stand inside the questions, "A: left, B: right, ..., E: None"."""

    id: Id
    scene: str
    prompt: str
    question_type: tuple[str, ...]
    questions: tuple[str, ...]
    answers: tuple[str, ...]


def read(path: Path, variant: str) -> Imported:
    """A prompt a line of the JSONL file, with its ten questions. Raises UsageError."""
    file = the_file(path, "*.jsonl", "*.json")
    return Imported(prompts_of(one_each(checked(records(file), Scene)), _prompt), [file])


def _prompt(row: Row[Scene]) -> Prompt:
    record = row.record
    # With leading zeros, because the published scripts pair images with prompts by sorted order.
    name = prompt_id("spatialgeneval", f"{int(record.id):04d}" if record.id.isdecimal() else record.id)
    graph, unread = read_text(record.prompt)
    lists = {"answers": record.answers, "question_type": record.question_type}
    questions = asked(row, record.questions, "questions", lists, tags="question_type")
    return Prompt(
        id=name,
        text=record.prompt,
        graph=graph,
        tags=(record.scene, *unread),
        group=name,
        questions=tuple(_with_choices(row, number, question) for number, question in enumerate(questions)),
    )


def _with_choices(row: Row[Scene], number: int, question: Question) -> Question:
    """The question with its options, and the letter alone for an answer; four options are as good as five."""
    options = dict(_OPTION.findall(question.text))
    key = _KEY.match(question.answer)
    if len(options) < 2 or "".join(options) != "ABCDE"[: len(options)]:
        row.wrong(f"questions.{number}", "has no options 'A: ..., B: ...'")
    if key is None or key[1] not in options:
        row.wrong(f"answers.{number}", f"{question.answer!r} is none of the options {', '.join(options)}")
    return question.model_copy(update={"answer": key[1], "choices": tuple(options.values())})


BENCHMARK = Benchmark(
    name="spatialgeneval",
    title="SpatialGenEval",
    source="github.com/AMAP-ML/SpatialGenEval, arXiv 2601.20354",
    licence="none stated",
    files="its JSONL or JSON file, or the folder that it lies in",
    read=read,
)
