"""Verdicts on pictures, as the evaluations of GenEval, T2I-CompBench and TIIF-Bench leave them, as scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from pydantic import FiniteFloat

from rlrig_eval.errors import UsageError
from rlrig_eval.metrics.geneval import GenEvalImage, geneval_scores
from rlrig_eval.report.folder import Excerpt
from rlrig_eval.report.recompute.files import checked, document, known, lines
from rlrig_eval.report.table import Cell, Column, Table

WORDINGS = ("short", "long")
"""Of each prompt of TIIF-Bench."""


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


class Answered(Excerpt):
    """What is used of ``<attribute>/<short|long>/<number>.json``: yes or no to each question, wanted and given."""

    gt_answers: tuple[str, ...]
    model_pred: tuple[str, ...]


class Answer(Excerpt):
    """An entry of ``vqa_result.json``: the score of a picture, in [0, 1], as text or as a number."""

    question_id: int
    answer: FiniteFloat


def geneval(results: Path, planned: Path | None = None) -> Table:
    """GenEval's scores as published and as corrected, from its own ``results.jsonl``.

    Args:
        planned: ``evaluation_metadata.jsonl``; a prompt of it without a picture is then counted as missing, and
            leaves its tag, and the overall score, without a corrected value.

    Raises:
        UnreadableFile: a line that is no such record.
        UsageError: two lines of one picture.
    """
    read = list(lines(results, GenEvalLine))
    names = [line.filename for line in read]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"{results}: {twice} is scored twice")
    images = [GenEvalImage(line.tag, line.prompt, line.correct) for line in read]
    drawn = {line.prompt for line in read}
    wanted = [] if planned is None else list(lines(planned, Planned))
    absent = [GenEvalImage(one.tag, one.prompt, None) for one in wanted if one.prompt not in drawn]
    published, corrected = geneval_scores(images), geneval_scores([*images, *absent], variant="corrected")
    rows: list[tuple[Cell, ...]] = [
        (
            tag,
            published.by_tag.get(tag),
            known(corrected.by_tag.get(tag)),
            sum(image.tag == tag for image in images),
            len({image.prompt for image in absent if image.tag == tag}),
        )
        for tag in dict.fromkeys(image.tag for image in (*images, *absent))
    ]
    rows.append(("overall", known(published.overall), known(corrected.overall), len(images), len(absent)))
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
    answers = [checked(Answer, entry, results).answer for entry in document(results, list)]
    missing = None if planned is None else planned - len(answers)
    row = (results.parent.name, fmean(answers) if answers else None, len(answers), missing)
    columns = (
        Column(name="category", title="folder"),
        Column(name="published", title="as published", kind="share", digits=4),
        Column(name="images", title="images", kind="count"),
        Column(name="missing", title="missing", kind="count"),
    )
    return Table(title=f"T2I-CompBench, recomputed from {results.name}", columns=columns, rows=(row,))


def tiif(folder: Path) -> Table:
    """A model's share of right answers in TIIF-Bench, by attribute and wording, as its ``summary_results.py`` counts.

    That script pairs answers with questions as far as both go; `misfits` counts the pictures whose answers are not as
    many as their questions. The published groups are means over attributes, and are left to the reader.

    Args:
        folder: of one model: ``<attribute>/<short|long>/<number>.json``.

    Raises:
        UsageError: there is nothing of the kind in it.
        UnreadableFile: a file is no such record.
    """
    rows = [
        _tiif_row(attribute.name, wording, [checked(Answered, document(p, dict), p) for p in files])
        for attribute in _folders(folder)
        for wording in WORDINGS
        if (files := sorted((attribute / wording).glob("*.json")))
    ]
    if not rows:
        raise UsageError(f"{folder}: there is no <attribute>/<short|long>/<number>.json in it")
    columns = (
        Column(name="attribute", title="attribute"),
        Column(name="wording", title="wording"),
        Column(name="published", title="as published", kind="share", digits=4),
        Column(name="questions", title="questions", kind="count"),
        Column(name="images", title="images", kind="count"),
        Column(name="misfits", title="images with more or fewer answers than questions", kind="count"),
    )
    return Table(title=f"TIIF-Bench, recomputed from {folder.name}", columns=columns, rows=tuple(rows))


def _folders(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*")) if path.is_dir())


def _tiif_row(attribute: str, wording: str, answered: list[Answered]) -> tuple[Cell, ...]:
    pairs = [pair for one in answered for pair in zip(one.gt_answers, one.model_pred, strict=False)]
    right = [wanted.strip().lower() == given.strip().lower() for wanted, given in pairs]
    misfits = sum(len(one.gt_answers) != len(one.model_pred) for one in answered)
    return attribute, wording, fmean(right) if right else None, len(right), len(answered), misfits
