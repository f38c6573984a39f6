"""Scorers: what a read graph is worth against what its prompt asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.metrics import all_correct, requirements_share, scene_graph_iou
from rlrig_eval.plugins import Target, find, load_callable
from rlrig_eval.plugins import names as plugin_names
from rlrig_eval.runs.published import SCORERS
from rlrig_eval.scene import SceneGraph, check, focus
from rlrig_eval.suite import Prompt, Suite
from rlrig_eval.suite.documents import line_of

GROUP = "rlrig_eval.scorers"
GRAPH = "graph"
GRAPH_METRICS = (
    "all_correct",
    "requirements",
    "sg_iou",
    "entity_iou",
    "relation_iou",
    "laion.sg_iou",
    "laion.entity_iou",
    "laion.relation_iou",
)
_TAKEN = frozenset({GRAPH, "judge", *SCORERS, *(metric.partition(".")[0] for metric in GRAPH_METRICS)})
"""What the names of our own metrics begin with, and those of judges."""


@dataclass(frozen=True)
class Scores:
    """What a scorer says of a picture: numbers by metric name (None: nothing to say), and their evidence."""

    values: Mapping[str, float | None]
    evidence: Mapping[str, Any] = field(default_factory=dict)


Scorer = Callable[[SceneGraph, Prompt, Suite], Scores]
"""(what the extractor read, what was asked, the suite whose rules hold) -> scores; a pure function."""


@runtime_checkable
class SizedScorer(Protocol):
    """A scorer whose rule counts pixels, so that the picture's size decides."""

    def __call__(self, read: SceneGraph, prompt: Prompt, suite: Suite, /) -> Scores: ...

    def sized(self, long_side: float) -> Scorer:
        """The scorer of boxes in pixels of a picture whose longer side is `long_side`."""
        ...


def names() -> dict[str, str]:
    """Every scorer that can be named, with a line on what it scores."""
    found = {name: f"plug-in {GROUP}:{name}" for name in plugin_names(GROUP)}
    own = {GRAPH: "requirements, and strict and LAION-SG IoU of scene graphs: the default"}
    return found | own | {name: what for name, (_, what) in SCORERS.items()}


def resolve(name: str) -> Scorer:
    """The scorer called `name`: ``graph``, a benchmark's own, an entry point, or ``path/to/file.py:function``.

    Raises:
        UsageError: there is none.
    """
    if name == GRAPH:
        return graph_scores
    where = SCORERS[name][0] if name in SCORERS else _found(name).where
    scorer: Scorer = load_callable(where, "scorer")
    return scorer


def placed(name: str) -> tuple[str, str | None]:
    """A scorer as a run records it: its name or, of one from a file, where that lies, and its file's hash.

    Raises:
        UsageError: there is none, or its metrics would be called as those of the harness are.
    """
    if name == GRAPH or name in SCORERS:
        return name, None
    target = _found(name)
    if slug(name).partition(".")[0] in _TAKEN:
        raise UsageError(f"scorer {name}: the harness has metrics called {slug(name)}; give it another name")
    return name if target.name == name else target.where, target.sha256


def not_found(header: Path, named: Iterable[str]) -> Iterator[UnreadableFile]:
    """The scorers that a ``suite.yaml`` names and a run has not, each on its line; of a bad file, that file's."""
    for place, name in enumerate(named):
        try:
            placed(name)
            resolve(name)
        except UnreadableFile as problem:
            yield problem
        except UsageError as problem:
            field = f"scorers.{place}"
            yield UnreadableFile(str(problem), path=header, line=line_of(header, field), field=field)


def _found(name: str) -> Target:
    return find("scorer", name, GROUP, [GRAPH, *SCORERS])


def slug(name: str) -> str:
    """What a scorer's file and metrics are called: its name, or the function's name for one from a file.

    >>> slug("graph"), slug("extra/mine.py:crowding")
    ('graph', 'crowding')
    """
    return name.rpartition(":")[2]


def graph_scores(read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
    """Requirements, strict and LAION-SG scene-graph IoU of one picture (DESIGN section 3).

    Nothing is said where nothing is asked. An extractor that does not know which way things face says so itself
    (Unscored): a graph without the own side that is asked for is a wrong reading.
    """
    gold = prompt.graph
    if not gold.entities:
        seen = {"graph": read.model_dump(mode="json", exclude_defaults=True), "requirements": []}
        return Scores(dict.fromkeys(GRAPH_METRICS), seen)
    requirements = suite.requirements(prompt)
    satisfied = check(requirements, read)
    relevant = focus(read, gold)
    strict, laion = scene_graph_iou(relevant, gold), scene_graph_iou(relevant, gold, mode="laion")
    values = {
        "all_correct": float(all_correct(satisfied)),
        "requirements": requirements_share(satisfied),
        # Without relations there is nothing to agree on; the published LAION-SG script scores that 0.
        "sg_iou": strict.sg if gold.relations else None,
        "entity_iou": strict.entity,
        "relation_iou": strict.relation if gold.relations else None,
        "laion.sg_iou": laion.sg,
        "laion.entity_iou": laion.entity,
        "laion.relation_iou": laion.relation,
    }
    evidence = {
        "graph": read.model_dump(mode="json", exclude_defaults=True),
        "requirements": [
            {"id": r.id, "kind": r.kind, "statement": r.statement(), "satisfied": satisfied[r.id]} for r in requirements
        ],
    }
    return Scores(values, evidence)
