"""T2I-CoReBench: composition and reasoning, a checklist for every prompt (KwaiVGI/T2I-CoReBench)."""

from pathlib import Path

from pydantic import Field

from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_files
from rlrig_eval.suite.importers.graphs import read_text
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt, Question


class Check(Record):
    """An entry of the checklist; the right answer is yes."""

    question: str = Field(min_length=1)
    tags: tuple[str, ...] = ()


class Task(Record):
    """A prompt, filed under its id."""

    main: str = Field(alias="Main Class")
    sub: str = Field(alias="Sub Class")
    prompt: str = Field(alias="Prompt")
    checklist: tuple[Check, ...] = Field(alias="Checklist")


def read(path: Path, variant: str) -> Imported:
    """A prompt an item of every JSON file in the folder, with its checklist. Raises UsageError."""
    files = the_files(path, "*.json")
    rows = checked((raw for file in files for raw in records(file)), Task)
    return Imported(prompts_of(one_each(rows), _prompt), files)


def _prompt(row: Row[Task]) -> Prompt:
    if row.key is None:
        row.wrong("", "is not filed under an id: the file must be one JSON object, id to record")
    record, name = row.record, prompt_id("corebench", row.key)
    graph, unread = read_text(record.prompt)
    return Prompt(
        id=name,
        text=record.prompt,
        graph=graph,
        tags=(record.sub, record.main, *unread),
        group=name,
        questions=tuple(
            Question(id=str(number), text=check.question, tags=check.tags)
            for number, check in enumerate(record.checklist, start=1)
        ),
    )


BENCHMARK = Benchmark(
    name="corebench",
    title="T2I-CoReBench",
    source="github.com/KwaiVGI/T2I-CoReBench (data/)",
    licence="Apache-2.0",
    files="a file such as R-LR.json, or the data folder",
    read=read,
)
