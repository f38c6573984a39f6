"""A card for each prompt: what every run drew for it, what was read there, what was right and what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rlrig_eval.report.album import Album, Thumbnail
from rlrig_eval.report.folder import Contestant
from rlrig_eval.report.overlay import Overlay, overlay
from rlrig_eval.report.strip import Strip, strip
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.scorers import GRAPH
from rlrig_eval.scene import Requirement, SceneGraph
from rlrig_eval.shapes import CANVAS
from rlrig_eval.suite import Prompt

Outcome = Literal["right", "wrong", "unknown"]


@dataclass(frozen=True)
class Shot:
    """One picture of one run. `run` is the run's place in the page; `trouble` says why there is no score."""

    run: int
    seed: int
    picture: Thumbnail | None
    overlay: Overlay | None
    satisfied: dict[str, bool]
    trouble: str | None
    strip: Strip | None

    @property
    def outcome(self) -> Outcome:
        if self.trouble is not None:
            return "unknown"
        return "right" if all(self.satisfied.values()) else "wrong"


@dataclass(frozen=True)
class Card:
    """One prompt over all runs; a run that did not plan it has no shot."""

    prompt: Prompt
    requirements: tuple[Requirement, ...]
    shots: tuple[Shot, ...]

    def outcomes(self, runs: int) -> list[Outcome]:
        """How each run fared: wrong when any of its seeds is, right when all of them are."""
        found: list[Outcome] = []
        for run in range(runs):
            seen = {shot.outcome for shot in self.shots if shot.run == run}
            found.append("wrong" if "wrong" in seen else "right" if seen == {"right"} else "unknown")
        return found


def cards(contestants: Sequence[Contestant], album: Album) -> list[Card]:
    """Every prompt that any run planned, in the order of the first run that did; pictures go into `album`."""
    asked: dict[tuple[str, str], dict[int, list[Sample]]] = {}
    for number, one in enumerate(contestants):
        for sample in one.run.samples:
            key = one.run.suite.sha256, sample.prompt.id
            asked.setdefault(key, {}).setdefault(number, []).append(sample)
    found = []
    for by_run in asked.values():
        first, samples = next(iter(by_run.items()))
        prompt = samples[0].prompt
        requirements = prompt.graph.requirements(contestants[first].run.suite.counting)
        shots = [
            _shot(contestants[number].run, number, sample, requirements, album)
            for number, samples in by_run.items()
            for sample in samples
        ]
        found.append(Card(prompt, requirements, tuple(shots)))
    return found


def _shot(
    run: Opened, number: int, sample: Sample, requirements: Sequence[Requirement], album: Album
) -> Shot:
    row, score = run.rows.get(sample.id), run.scores.get(GRAPH, {}).get(sample.id)
    seed = sample.job.seed
    if row is None or row.status == "error" or row.image is None:
        trouble = "not drawn yet" if row is None else f"error: {row.error or 'no reason given'}"
        return Shot(number, seed, None, None, {}, trouble, None)
    picture = album.add(run.folder / row.image)
    film = strip(run.folder / row.trace, requirements, album) if row.trace else None
    if score is None or score.status != "ok":
        trouble = (
            "not scored yet" if score is None else f"{score.status}: {score.reason or 'no reason given'}"
        )
        return Shot(number, seed, picture, None, {}, trouble, film)
    satisfied = {
        verdict["id"]: bool(verdict["satisfied"]) for verdict in score.evidence.get("requirements", [])
    }
    read = SceneGraph.model_validate(score.evidence.get("graph", {}))
    # Boxes of the shapes world are in pixels of its canvas, whatever the size of the picture.
    size = (CANVAS, CANVAS) if run.suite.world == "shapes" else row.size or (CANVAS, CANVAS)
    return Shot(number, seed, picture, overlay(read, requirements, satisfied, size), satisfied, None, film)
