"""A card for each prompt: what every run drew for it, what was right and what was wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rlrig_eval.judges.registry import PREFIX
from rlrig_eval.judges.zeroing import HOLDS
from rlrig_eval.report.album import Album, Thumbnail
from rlrig_eval.report.diagram import Diagram, diagram
from rlrig_eval.report.folder import Contestant
from rlrig_eval.report.overlay import Overlay, overlay
from rlrig_eval.report.strip import Strip, strip
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.scorers import GRAPH
from rlrig_eval.scene import Requirement, SceneGraph
from rlrig_eval.shapes import CANVAS
from rlrig_eval.suite import Prompt

Outcome = Literal["right", "wrong", "unknown"]


@dataclass(frozen=True)
class Shot:
    """One picture of one run. `run` is the run's place in the page; `trouble` says why there is no score.

    `disputes` has, for each judge by its metric, the statements on which it and the reader differ.
    """

    run: int
    seed: int
    trouble: str | None = None
    picture: Thumbnail | None = None
    overlay: Overlay | None = None
    satisfied: Mapping[str, bool] = field(default_factory=dict)
    strip: Strip | None = None
    diagram: Diagram | None = None
    disputes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        if self.trouble is not None or not self.satisfied:
            return "unknown"
        return "right" if all(self.satisfied.values()) else "wrong"


@dataclass(frozen=True)
class Card:
    """One prompt over all runs; a run that did not plan it has no shot. No other card of the page has its `key`."""

    key: str
    prompt: Prompt
    requirements: tuple[Requirement, ...]
    shots: tuple[Shot, ...]

    @property
    def met(self) -> frozenset[str]:
        """The requirements that no picture misses."""
        missed = {name for shot in self.shots for name, held in shot.satisfied.items() if not held}
        return frozenset(r.id for r in self.requirements) - missed

    def outcomes(self, runs: int) -> list[Outcome]:
        """How each run fared: wrong when any of its seeds is, right when all of them are."""
        found: list[Outcome] = []
        for run in range(runs):
            seen = {shot.outcome for shot in self.shots if shot.run == run}
            found.append("wrong" if "wrong" in seen else "right" if seen == {"right"} else "unknown")
        return found

    def disputed(self, runs: int) -> list[bool]:
        """For each run, whether a judge differs from the reader on any of its pictures."""
        found = {shot.run for shot in self.shots if any(shot.disputes.values())}
        return [run in found for run in range(runs)]


def cards(contestants: Sequence[Contestant], album: Album) -> list[Card]:
    """Every prompt that any run planned, in the order of the first run that did; pictures go into `album`."""
    asked: dict[tuple[str, str], dict[int, list[Sample]]] = {}
    for number, one in enumerate(contestants):
        for sample in one.run.samples:
            key = one.run.suite.sha256, sample.prompt.id
            asked.setdefault(key, {}).setdefault(number, []).append(sample)
    found: list[Card] = []
    named: Counter[str] = Counter()
    for by_run in asked.values():
        first, samples = next(iter(by_run.items()))
        prompt = samples[0].prompt
        requirements = contestants[first].run.suite.requirements(prompt)
        shots = [
            _shot(contestants[number].run, number, sample, requirements, album)
            for number, samples in by_run.items()
            for sample in samples
        ]
        named[prompt.id] += 1  # two suites may have the same names
        key = prompt.id if named[prompt.id] == 1 else f"{prompt.id}~{named[prompt.id]}"
        found.append(Card(key, prompt, requirements, tuple(shots)))
    return found


def _shot(run: Opened, number: int, sample: Sample, requirements: Sequence[Requirement], album: Album) -> Shot:
    row, score = run.rows.get(sample.id), run.scores.get(GRAPH, {}).get(sample.id)
    trouble = _trouble(row, score)
    if row is None or row.image is None:
        return Shot(number, sample.job.seed, trouble=trouble)
    satisfied: dict[str, bool] = {}
    over, drawn = None, None
    if score is not None and trouble is None:
        satisfied = {verdict["id"]: bool(verdict["satisfied"]) for verdict in score.evidence.get("requirements", ())}
        read = SceneGraph.model_validate(score.evidence["graph"])
        over = overlay(read, requirements, satisfied, _frame(run, row))
        drawn = diagram(read, sample.prompt.graph)
    return Shot(
        run=number,
        seed=sample.job.seed,
        trouble=trouble,
        picture=album.add(run.folder / row.image),
        overlay=over,
        satisfied=satisfied,
        strip=strip(run.folder / row.trace, requirements, satisfied, album) if row.trace else None,
        diagram=drawn,
        disputes=_disputes(run, sample, requirements, satisfied),
    )


def _disputes(
    run: Opened, sample: Sample, requirements: Sequence[Requirement], satisfied: Mapping[str, bool]
) -> dict[str, tuple[str, ...]]:
    """By judge: the statements that it takes for likelier than not and the reader does not, or the reverse."""
    found = {}
    for judge, rows in run.scores.items():
        row = rows.get(sample.id)
        if not judge.startswith(PREFIX) or row is None or row.status != "ok":
            continue
        answers = row.evidence.get("answers", {})
        found[judge] = tuple(
            r.statement()
            for r in requirements
            if r.id in answers and r.id in satisfied and (answers[r.id] >= HOLDS) != satisfied[r.id]
        )
    return found


def _trouble(row: SampleRow | None, score: ScoreRow | None) -> str | None:
    if row is None:
        return "not drawn yet"
    if row.status == "error":
        return f"error: {row.error}"
    if score is None:
        return "not scored yet"
    return None if score.status == "ok" else f"{score.status}: {score.reason}"


def _frame(run: Opened, row: SampleRow) -> tuple[float, float]:
    """What boxes are measured in: in the shapes world its canvas, elsewhere the picture's pixels."""
    return (CANVAS, CANVAS) if run.suite.world == "shapes" or row.size is None else row.size
