"""Read pictures back and score them: one row for each scorer and picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rlrig_eval.extract import Extractor, Unscored
from rlrig_eval.models import Failure
from rlrig_eval.models.pictures import open_rgb
from rlrig_eval.runs.judging import Judging
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scorers import Scorer
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import Suite


@dataclass(frozen=True)
class Scoring:
    """All that scoring needs besides pictures; `scorers` by slug."""

    suite: Suite
    extractor: Extractor
    scorers: Mapping[str, Scorer]
    judging: Judging = field(default_factory=Judging)


def unscored_yet(
    samples: Iterable[Sample], rows: Mapping[str, SampleRow], scores: Mapping[str, Mapping[str, ScoreRow]]
) -> list[Sample]:
    """The samples that have a picture which some scorer has not seen."""

    def current(sample: Sample) -> bool:
        digest = rows[sample.id].image_sha256
        return all(sample.id in seen and seen[sample.id].image_sha256 == digest for seen in scores.values())

    drawn = (sample for sample in samples if sample.id in rows and rows[sample.id].status == "ok")
    return [sample for sample in drawn if not current(sample)]


def score(sample: Sample, row: SampleRow, folder: Path, scoring: Scoring) -> dict[str, ScoreRow]:
    """A row for each scorer, of the picture that `row` says was drawn. Never raises for a bad picture."""
    read = _read(folder / (row.image or ""), scoring.extractor)
    return {
        name: _score_row(sample, row.image_sha256 or "", read, scorer, scoring.suite)
        for name, scorer in scoring.scorers.items()
    }


def _read(path: Path, extractor: Extractor) -> SceneGraph | Unscored | Failure:
    image = open_rgb(path)
    if isinstance(image, Failure):
        return image
    try:
        return extractor.extract(image)
    except Unscored as refusal:
        return refusal
    except Exception as problem:  # one picture that breaks an extractor must not take the others with it
        return Failure(f"{extractor.name}: {type(problem).__name__}: {problem}")


def _score_row(
    sample: Sample, digest: str, read: SceneGraph | Unscored | Failure, scorer: Scorer, suite: Suite
) -> ScoreRow:
    if isinstance(read, Unscored):
        return ScoreRow(id=sample.id, image_sha256=digest, status="unscored", reason=str(read))
    if isinstance(read, Failure):
        return ScoreRow(id=sample.id, image_sha256=digest, status="error", reason=read.reason)
    try:
        scores = scorer(read, sample.prompt, suite)
    except Exception as problem:
        return ScoreRow(
            id=sample.id, image_sha256=digest, status="error", reason=f"{type(problem).__name__}: {problem}"
        )
    return ScoreRow(
        id=sample.id,
        image_sha256=digest,
        status="ok",
        values=dict(scores.values),
        evidence=dict(scores.evidence),
    )
