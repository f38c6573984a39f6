"""Read pictures back and score them: one row for each scorer and picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from rlrig_eval.extract import AnyExtractor, Looked, Unscored, Words, categories_of, read_all
from rlrig_eval.models import Failure
from rlrig_eval.models.pictures import open_rgb
from rlrig_eval.runs.judging import Judging
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scorers import Scorer, SizedScorer
from rlrig_eval.runs.storable import Unstorable, legible, storable_scores
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import Suite


@dataclass(frozen=True)
class Scoring:
    """All that scoring needs besides pictures; `scorers` by slug."""

    suite: Suite
    extractor: AnyExtractor
    scorers: Mapping[str, Scorer]
    judging: Judging = field(default_factory=Judging)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Every category that the suite speaks of."""
        return categories_of(prompt.graph for prompt in self.suite.prompts)


def unscored_yet(
    samples: Iterable[Sample], rows: Mapping[str, SampleRow], scores: Mapping[str, Mapping[str, ScoreRow]]
) -> list[Sample]:
    """The samples whose picture some scorer has no score of: a server may be back, or the memory that was short."""

    def current(sample: Sample) -> bool:
        digest = rows[sample.id].image_sha256
        rows_of = [seen.get(sample.id) for seen in scores.values()]
        return all(row is not None and row.image_sha256 == digest and row.status == "ok" for row in rows_of)

    drawn = (sample for sample in samples if sample.id in rows and rows[sample.id].status == "ok")
    return [sample for sample in drawn if not current(sample)]


def score_all(
    samples: Sequence[Sample], rows: Mapping[str, SampleRow], folder: Path, scoring: Scoring
) -> Iterator[dict[str, ScoreRow]]:
    """A row for each scorer, of each sample's picture, in order. Never raises for a bad picture or a bad scorer."""
    found = _read_all((folder / (rows[one.id].image or "") for one in samples), samples, scoring)
    for sample, read in zip(samples, found, strict=True):
        yield {name: _score_row(name, sample, rows[sample.id], read, scoring) for name in scoring.scorers}


def _fitted(scorer: Scorer, row: SampleRow, scoring: Scoring) -> Scorer:
    """The scorer for a picture's size, where that matters: in the pixels of what the extractor's boxes are in."""
    if not isinstance(scorer, SizedScorer) or row.size is None:
        return scorer
    return scorer.sized(getattr(scoring.extractor, "long_side", max(row.size)))


def _read_all(
    paths: Iterable[Path], samples: Iterable[Sample], scoring: Scoring
) -> Iterator[SceneGraph | Unscored | Failure]:
    """What the extractor reads in each picture, or why there is nothing; it may pull a few pictures ahead."""
    waiting: deque[Failure | None] = deque()  # a file that is no picture never gets to the extractor

    def pictures() -> Iterator[Looked]:
        for path, sample in zip(paths, samples, strict=True):
            image = open_rgb(path)
            waiting.append(image if isinstance(image, Failure) else None)
            if not isinstance(image, Failure):
                yield Looked(image, Words.of(sample.prompt.graph, scoring.categories))

    def failed() -> Iterator[Failure]:
        while waiting and waiting[0] is not None:
            yield waiting.popleft() or Failure("")

    name = scoring.extractor.name
    for found in read_all(scoring.extractor, pictures()):
        yield from failed()
        waiting.popleft()
        broken = isinstance(found, Exception) and not isinstance(found, Unscored)
        yield Failure(f"{name}: {type(found).__name__}: {found}") if broken else found  # type: ignore[misc]
    yield from failed()


def _score_row(
    name: str, sample: Sample, row: SampleRow, found: SceneGraph | Unscored | Failure, scoring: Scoring
) -> ScoreRow:
    about = {"id": sample.id, "image_sha256": row.image_sha256 or ""}
    if isinstance(found, Unscored):
        evidence = {"replies": list(map(legible, found.raw))} if found.raw else {}
        return ScoreRow(**about, status="unscored", reason=legible(found), evidence=evidence)
    if isinstance(found, Failure):
        return ScoreRow(**about, status="error", reason=legible(found.reason))
    try:
        scorer = _fitted(scoring.scorers[name], row, scoring)
        scores = storable_scores(scorer(found, sample.prompt, scoring.suite), name)
    except Unscored as problem:
        return ScoreRow(**about, status="unscored", reason=legible(problem))
    except Unstorable as problem:
        return ScoreRow(**about, status="error", reason=str(problem))
    except (Exception, SystemExit) as problem:
        return ScoreRow(**about, status="error", reason=legible(f"{type(problem).__name__}: {problem}"))
    return ScoreRow(**about, status="ok", values=dict(scores.values), evidence=dict(scores.evidence))
