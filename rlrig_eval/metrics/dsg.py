"""DSG, DPG and OneIG: yes/no questions that depend on each other.

DSG: arXiv 2310.18235, j-min/DSG `dsg/vqa_utils.py` and its README. DPG: arXiv 2403.05135, TencentQQGYLab/ELLA
`dpg_bench/compute_dpg_bench.py`. A question that depends on one answered "no" counts as "no", whatever was answered;
how far that reaches differs (`Zeroing`).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import nan
from statistics import fmean
from typing import Literal, NamedTuple, TypeVar

from rlrig_eval.metrics.variant import Variant, is_corrected

Q = TypeVar("Q", bound=Hashable)
Zeroing = Literal["transitive", "one_level", "in_order", "none"]
"""Which questions fall: those with any failed ancestor; with a parent whose own answer failed (DSG's library, OneIG);
with a parent that is 0 by then, taken in the order of `parents` (DPG, DSG's README); none."""

ROOT = 0
"""A parent of this number means that there is none."""


def dsg_scores(
    answers: Mapping[Q, float], parents: Mapping[Q, Iterable[Q]], zeroing: Zeroing = "transitive"
) -> dict[Q, float]:
    """Each question's score after zeroing.

    Args:
        answers: question to score, yes = 1 and no = 0 (or a probability; a parent fails at exactly 0).
        parents: question to the questions it depends on, as published files have them: in any order, with
            `ROOT`, repetitions, the question itself, cycles, and questions that were never asked, none of which
            count as failed. A question without an entry has no parents.
        zeroing: how far a failure reaches. All kinds are equal when each parent's own ancestors hold.

    Raises:
        ValueError: an unknown `zeroing`.

    >>> answers, parents = {1: 0, 2: 1, 3: 1}, {1: [0], 2: [1], 3: [2]}
    >>> dsg_scores(answers, parents)
    {1: 0.0, 2: 0.0, 3: 0.0}
    >>> dsg_scores(answers, parents, "one_level")
    {1: 0.0, 2: 0.0, 3: 1.0}
    """
    scores = {question: float(answer) for question, answer in answers.items()}
    known = {q: [p for p in parents.get(q, ()) if p != ROOT and p in scores] for q in scores}
    if zeroing == "none":
        return scores
    if zeroing == "one_level":
        return {q: 0.0 if any(scores[p] == 0 for p in known[q]) else score for q, score in scores.items()}
    if zeroing == "in_order":
        for question in (q for q in parents if q in scores):
            if any(scores[p] == 0 for p in known[question]):
                scores[question] = 0.0
        return scores
    if zeroing == "transitive":
        fallen = _descendants([q for q, score in scores.items() if score == 0], known)
        return {q: 0.0 if q in fallen else score for q, score in scores.items()}
    raise ValueError(f"unknown zeroing {zeroing!r}: it is transitive, one_level, in_order or none")


def _descendants(failed: Sequence[Q], parents: Mapping[Q, Sequence[Q]]) -> set[Q]:
    children: dict[Q, list[Q]] = {}
    for question, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(question)
    found: set[Q] = set()
    todo = list(failed)
    while todo:
        below = [q for q in children.get(todo.pop(), ()) if q not in found]
        found.update(below)
        todo += below
    return found


def dsg_score(answers: Mapping[Q, float], parents: Mapping[Q, Iterable[Q]], zeroing: Zeroing = "transitive") -> float:
    """The score of an image in [0, 1]: the mean of `dsg_scores`; 0 without questions, as published.

    >>> dsg_score({1: 1, 2: 0, 3: 1, 4: 1}, {3: [2], 4: [1]})
    0.5
    """
    return fmean(scores.values()) if (scores := dsg_scores(answers, parents, zeroing)) else 0.0


def dsg_parents(cell: str) -> tuple[int, ...]:
    """The parents in a `dependency` cell: its whole numbers, each once, without the root; words are passed over.

    >>> dsg_parents("1,4"), dsg_parents("0"), dsg_parents("5, right"), dsg_parents("0, 2,2")
    ((1, 4), (), (5,), (2,))
    """
    numbers = (int(part) for part in cell.split(",") if re.fullmatch(r"\s*\d+\s*", part))
    return tuple(dict.fromkeys(number for number in numbers if number != ROOT))


def dpg_image(
    crops: Sequence[Mapping[Q, float]], parents: Mapping[Q, Iterable[Q]], variant: Variant = "published"
) -> float:
    """DPG's score of one 2×2 sheet in [0, 1]: the mean over its crops' `dsg_score`.

    "published" zeroes in the order of the file, "corrected" transitively; equal where parents come first.
    """
    zeroing: Zeroing = "transitive" if is_corrected(variant) else "in_order"
    return fmean(dsg_score(answers, parents, zeroing) for answers in crops)


def dpg_categories(
    crops: Sequence[Mapping[Q, float]],
    parents: Mapping[Q, Iterable[Q]],
    categories: Mapping[Q, str],
    variant: Variant = "published",
) -> dict[str, list[float]]:
    """What one sheet adds to each category ("relation - spatial", ...): scores in [0, 1], to be averaged over sheets.

    "published": the answers of the last crop, not zeroed, so a relation counts although its object is missing.
    "corrected": the zeroed answers of every crop.
    """
    if is_corrected(variant):
        scored = [dsg_scores(answers, parents) for answers in crops]
    else:
        scored = [dsg_scores(crops[-1], parents, "none")]
    found: dict[str, list[float]] = {}
    for scores in scored:
        for question, score in scores.items():
            found.setdefault(categories[question], []).append(score)
    return found


Row = TypeVar("Row")


def dpg_rows(rows: Sequence[Row], variant: Variant = "published") -> Sequence[Row]:
    """The questions of the data set: the published loop skips the first row of data, as if it were the header."""
    return rows if is_corrected(variant) else rows[1:]


class DPGScore(NamedTuple):
    """The mean over sheets, in [0, 1], and the share of sheets that have a score."""

    mean: float
    coverage: float


def dpg_score(sheets: Sequence[float | None]) -> DPGScore:
    """The mean over sheets. The published script drops a sheet that failed (None here) and does not say so.

    >>> dpg_score([1.0, 0.5, None, None])
    DPGScore(mean=0.75, coverage=0.5)
    """
    scored = [score for score in sheets if score is not None]
    return DPGScore(fmean(scored) if scored else nan, len(scored) / len(sheets) if sheets else nan)
