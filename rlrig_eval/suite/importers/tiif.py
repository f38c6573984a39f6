"""TIIF-Bench: every prompt short and long, questions in a second file line by line (arXiv 2506.02161)."""

import re
from functools import partial
from pathlib import Path

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Placed, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_files
from rlrig_eval.suite.importers.graphs import read_text
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.questions import asked
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt, Question

SHORT, LONG = "short", "long"
_EVAL = re.compile(r"_?eval|_?prompts?")


class Description(Record):
    """A line of a prompt file."""

    type: str
    short_description: str
    long_description: str


class Check(Record):
    """The line of the evaluation file with the same number; answers are in mixed case."""

    type: str
    yn_question_list: tuple[str, ...]
    yn_answer_list: tuple[str, ...]


def read(path: Path, variant: str) -> Imported:
    """With the questions of `<set>_eval_prompts/` where that folder lies beside `<set>_prompts/`."""
    folder = path / "testmini_prompts"
    files = the_files(folder if folder.is_dir() else path, "*.jsonl")
    prompts: list[Placed] = []
    used: list[Path] = []
    for file in files:
        rows = checked(records(file), Description)
        beside = _questions(file)
        checks = _joined(rows, file, beside) if beside else []
        prompts += prompts_of(one_each(rows), partial(_prompt, checks=checks, stem=_plain(file), variant=variant))
        used += [file, beside] if beside else [file]
    notes = [] if len(used) > len(files) else ["Without questions: no folder of evaluation prompts lies beside it"]
    return Imported(prompts, used, notes)


def _questions(file: Path) -> Path | None:
    """The evaluation file of a prompt file: the one of that name, but for "eval" and "prompts"."""
    folder = file.parent.with_name(file.parent.name.replace("_prompts", "_eval_prompts"))
    if folder == file.parent or not folder.is_dir():
        return None
    found = [other for other in sorted(folder.glob("*.jsonl")) if _plain(other) == _plain(file)]
    if not found:
        raise UnreadableFile(f"no evaluation file for {file.name} in it", path=folder)
    return found[0]


def _plain(file: Path) -> str:
    return _EVAL.sub("", file.stem)


def _joined(rows: list[Row[Description]], file: Path, beside: Path) -> list[Row[Check]]:
    """The checks of every row. Joined by number, so that one line more or less would shift all that follow."""
    checks = checked(records(beside), Check)
    for row, check in zip(rows, checks, strict=False):
        if row.record.type != check.record.type:
            check.wrong("type", f"is {check.record.type!r}, but {row.record.type!r} on line {row.line} of {file.name}")
    if len(rows) != len(checks):
        raise UnreadableFile(f"has {len(checks)} records, but {file.name} has {len(rows)}", path=beside)
    return checks


def _prompt(row: Row[Description], checks: list[Row[Check]], stem: str, variant: str) -> Prompt:
    record, name = row.record, prompt_id("tiif", f"{stem}-{row.number:04d}")
    text = record.short_description if variant == SHORT else record.long_description
    graph, unread = read_text(text)
    questions: tuple[Question, ...] = ()
    if checks:
        check = checks[row.number]
        answers = {"yn_answer_list": check.record.yn_answer_list}
        questions = asked(check, check.record.yn_question_list, "yn_question_list", answers)
    return Prompt(id=name, text=text, graph=graph, tags=(record.type, *unread), group=name, questions=questions)


BENCHMARK = Benchmark(
    name="tiif",
    title="TIIF-Bench",
    source="github.com/A113N-W3I/TIIF-Bench (data/), arXiv 2506.02161",
    licence="none stated",
    files="the data folder, a folder of prompt files such as testmini_prompts, or one of its files",
    read=read,
    variants=(SHORT, LONG),
)
