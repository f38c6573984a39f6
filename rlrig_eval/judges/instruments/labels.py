"""Human labels in a CSV: sample, requirement, label and, where several people labelled, rater; and the empty sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.judges.instruments.hearing import Case, Item
from rlrig_eval.stats.agreement import fleiss_kappa

COLUMNS = ("sample", "requirement", "label")
_SHEET = ("sample", "requirement", "picture", "question", "label", "rater")
_WORDS = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}


@dataclass(frozen=True)
class Labels:
    """The majority's label of each item (a draw has none), and Fleiss' kappa of the raters on what all rated."""

    answers: dict[Item, bool]
    raters: int
    fleiss_kappa: float | None


def sheet(cases: Iterable[Case]) -> str:
    """A CSV with a line for each question on each picture, to be labelled; no answer of any judge is in it."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(_SHEET)
    for case in cases:
        for requirement in case.task.requirements:
            lines.writerow((case.sample, requirement.id, case.task.picture, requirement.question(), "", ""))
    return written.getvalue()


def read_labels(path: Path, known: Collection[Item]) -> Labels:
    """The labels in a CSV file with a head line. Other columns mean nothing, and a line without a label is not read.

    Raises:
        UnreadableFile: it cannot be read, a column is missing, or a line is not of the run.
    """
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
        head = reader.fieldnames or ()
        lines = [(reader.line_num, line) for line in reader]  # blank ones are passed over, and a cell may have several
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UnreadableFile(f"cannot be read ({problem})", path=path) from None
    for column in COLUMNS:
        if column not in head:
            raise UnreadableFile("there is no such column", path=path, line=1, field=column)
    given: dict[Item, dict[str, bool]] = {}
    for number, line in lines:
        for column in COLUMNS:
            if line[column] is None:
                raise UnreadableFile("missing", path=path, line=number, field=column)
        item = (line["sample"].strip(), line["requirement"].strip())
        word = line["label"].strip().casefold()
        if not word:
            continue
        if item not in known:
            raise UnreadableFile(f"{' '.join(item)}: no such question in the run", path=path, line=number)
        if word not in _WORDS:
            raise UnreadableFile(f"{word!r} is neither yes nor no", path=path, line=number, field="label")
        rater = (line.get("rater") or "").strip()
        if rater in given.setdefault(item, {}):
            raise UnreadableFile("labelled twice", path=path, line=number, field="rater")
        given[item][rater] = _WORDS[word]
    raters = {rater for labels in given.values() for rater in labels}
    whole = [labels for labels in given.values() if len(labels) == len(raters)]
    counts = [[sum(labels.values()), len(labels) - sum(labels.values())] for labels in whole]
    answers = {
        item: 2 * sum(labels.values()) > len(labels)
        for item, labels in given.items()
        if 2 * sum(labels.values()) != len(labels)
    }
    return Labels(answers, len(raters), fleiss_kappa(counts) if len(raters) > 1 else None)
