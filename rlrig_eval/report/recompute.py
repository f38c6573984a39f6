"""Published scores again, from the raw verdicts that others ship: `python -m rlrig_eval.report.recompute`.

GenEval's evaluation leaves ``results.jsonl`` (a line an image: `filename`, `tag`, `prompt`, `correct`), and
T2I-CompBench's a ``vqa_result.json`` for each category (`question_id`, `answer`). Both are read as they lie; what is
missing is said, where the published scripts average over what happens to be there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from rlrig_eval.errors import RLRIGError, UnreadableFile, UsageError
from rlrig_eval.metrics.geneval import GenEvalImage, geneval_scores
from rlrig_eval.report.folder import Excerpt
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Cell, Column, Table

Line = TypeVar("Line", bound=BaseModel)
KINDS = ("geneval", "t2i-compbench")


class GenEvalLine(Excerpt):
    """What is used of a line of ``results.jsonl``."""

    filename: str
    tag: str
    prompt: str
    correct: bool


class Planned(Excerpt):
    """What is used of a line of ``evaluation_metadata.jsonl``."""

    tag: str
    prompt: str


class Answer(Excerpt):
    """An entry of ``vqa_result.json``: the score of a picture, in [0, 1], as text or as a number."""

    question_id: int
    answer: float


def geneval(results: Path, planned: Path | None = None) -> Table:
    """GenEval's scores as published and as corrected, from its own ``results.jsonl``.

    Args:
        planned: ``evaluation_metadata.jsonl``; a prompt of it without a picture is then counted as missing, and
            leaves its tag, and the overall score, without a corrected value.

    Raises:
        UnreadableFile: a line that is no such record.
        UsageError: two lines of one picture.
    """
    lines = list(_lines(results, GenEvalLine))
    names = [line.filename for line in lines]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"{results}: {twice} is scored twice")
    images = [GenEvalImage(line.tag, line.prompt, line.correct) for line in lines]
    drawn = {line.prompt for line in lines}
    wanted = [] if planned is None else list(_lines(planned, Planned))
    absent = [GenEvalImage(one.tag, one.prompt, None) for one in wanted if one.prompt not in drawn]
    published, corrected = geneval_scores(images), geneval_scores([*images, *absent], variant="corrected")
    rows: list[tuple[Cell, ...]] = [
        (
            tag,
            published.by_tag.get(tag),
            _known(corrected.by_tag.get(tag)),
            sum(image.tag == tag for image in images),
            len({image.prompt for image in absent if image.tag == tag}),
        )
        for tag in dict.fromkeys(image.tag for image in (*images, *absent))
    ]
    rows.append(("overall", _known(published.overall), _known(corrected.overall), len(images), len(absent)))
    columns = (
        Column(name="tag", title="tag"),
        Column(name="published", title="as published", kind="share", digits=4),
        Column(name="corrected", title="corrected", kind="share", digits=4),
        Column(name="images", title="images", kind="count"),
        Column(name="missing", title="prompts without a picture", kind="count"),
    )
    note = "As published: means over the pictures that are there. Corrected: over prompts, blank where one is missing."
    return Table(title=f"GenEval, recomputed from {results.name}", columns=columns, rows=tuple(rows), notes=(note,))


def compbench(results: Path, planned: int | None = None) -> Table:
    """A category of T2I-CompBench: the mean over the pictures of its ``vqa_result.json``.

    Args:
        planned: how many pictures there should be (10 of each of 300 prompts, as published).

    Raises:
        UnreadableFile: the file is no list of such records.
    """
    try:
        entries = json.loads(results.read_text("utf-8"))
        answers = [Answer.model_validate(entry).answer for entry in entries]
    except OSError as problem:
        raise UnreadableFile(problem.strerror or "cannot be read", path=results) from None
    except ValidationError as problem:
        raise UnreadableFile.invalid(problem, Answer, path=results) from None
    except (ValueError, TypeError) as problem:
        raise UnreadableFile(f"not a list of answers: {problem}", path=results) from None
    missing = None if planned is None else planned - len(answers)
    row = (results.parent.name, fmean(answers) if answers else None, len(answers), missing)
    columns = (
        Column(name="category", title="folder"),
        Column(name="published", title="as published", kind="share", digits=4),
        Column(name="images", title="images", kind="count"),
        Column(name="missing", title="missing", kind="count"),
    )
    return Table(title=f"T2I-CompBench, recomputed from {results.name}", columns=columns, rows=(row,))


def _known(score: float | None) -> float | None:
    return None if score is None or score != score else score


def _lines(path: Path, model: type[Line]) -> Iterator[Line]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise UnreadableFile(f"cannot be read: {problem}", path=path) from None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield model.model_validate_json(line)
        except ValidationError as problem:
            raise UnreadableFile.invalid(problem, model, path=path, line=number) from None


def main(
    kind: Annotated[str, typer.Argument(metavar="|".join(KINDS))],
    results: Annotated[Path, typer.Argument(help="results.jsonl, or vqa_result.json.")],
    planned: Annotated[
        str | None, typer.Option(help="GenEval: evaluation_metadata.jsonl. T2I-CompBench: the number of pictures.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="md|csv|tex|html|json")] = "terminal",
) -> None:
    """Recompute published scores from raw verdicts."""
    if kind not in KINDS:
        raise UsageError.unknown("benchmark", kind, KINDS)
    if kind == "geneval":
        table = geneval(results, None if planned is None else Path(planned))
    elif planned is not None and not planned.isdecimal():
        raise UsageError(f"--planned {planned}: for t2i-compbench, the number of pictures")
    else:
        table = compbench(results, None if planned is None else int(planned))
    typer.echo(render_table(table, format_), nl=False)


if __name__ == "__main__":
    try:
        typer.run(main)
    except RLRIGError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
