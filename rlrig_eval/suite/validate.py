"""Is a suite sound? What the loader refuses, and what only shows when prompts, graphs and tags are compared."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np

from rlrig_eval.errors import UnreadableFile, UsageError, nearest
from rlrig_eval.scene import VOCABULARY, ParseError, SceneGraph, check, equivalent, parse
from rlrig_eval.shapes import LayoutError, layout, truth
from rlrig_eval.shapes.vocabulary import COLOURS, LARGEST_GROUP, SHAPES
from rlrig_eval.suite.documents import BadFile, read_yaml
from rlrig_eval.suite.hard.room import roomy
from rlrig_eval.suite.loader import Header, locate, read_prompts
from rlrig_eval.suite.schema import Prompt, World
from rlrig_eval.suite.structures import PREDICATES
from rlrig_eval.suite.tags import untrue

_DRAWABLE = frozenset(VOCABULARY[name].canonical for name in (*PREDICATES, "between"))
_LAYOUTS = 3  # tries before a graph counts as impossible to draw, each with ...
_FORESIGHT = 20  # ... so many more attempts for what is crowded


@dataclass(frozen=True)
class Finding:
    """One problem of one file; `line` counts from 1, `field` is dotted."""

    path: Path
    problem: str
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        return str(UnreadableFile(self.problem, path=self.path, line=self.line, field=self.field))


Rows = Mapping[int, Prompt]
"""Line number -> prompt."""

Problem = tuple[int, str, str]
"""Line number, field, what is wrong."""


def validate(paths: Sequence[str | Path]) -> list[Finding]:
    """Every problem of the suites at `paths` (names, folders or ``suite.yaml`` files), in all their splits."""
    return [finding for path in paths for finding in _suite(path)]


def _suite(name_or_path: str | Path) -> Iterator[Finding]:
    try:
        header_path, _ = locate(name_or_path)
        header = read_yaml(header_path, Header)
    except UsageError as error:
        yield from _refused(error, Path(name_or_path))
        return
    splits: dict[Path, Rows] = {}
    for file in header.splits.values():
        path = header_path.parent / file
        try:
            splits[path] = read_prompts(path)
        except UsageError as error:
            yield from _refused(error, path)
    for path, rows in splits.items():
        for inspect in CHECKS:
            yield from (Finding(path, text, line, field) for line, field, text in inspect(rows, header.world))
    yield from _shared_ids(splits)


def _refused(error: UsageError, path: Path) -> Iterator[Finding]:
    """What the loader said, as findings."""
    for problem in error.problems if isinstance(error, BadFile) else (error,):
        if isinstance(problem, UnreadableFile):
            yield Finding(problem.path, problem.problem, problem.line, problem.field)
        else:
            yield Finding(path, str(problem))


def _twins(rows: Rows, world: World) -> Iterator[Problem]:
    by_id = {prompt.id: prompt for prompt in rows.values()}
    for line, prompt in rows.items():
        if prompt.twin is None:
            continue
        twin = by_id[prompt.twin]
        if twin.group != prompt.group:
            yield line, "group", f"is {prompt.group!r}, but that of its twin {twin.id!r} is {twin.group!r}"
        if equivalent(prompt.graph, twin.graph):
            yield line, "twin", f"{twin.id!r} asks for the same graph, so it is no contrast"


def _paraphrases(rows: Rows, world: World) -> Iterator[Problem]:
    originals: defaultdict[str, list[SceneGraph]] = defaultdict(list)
    for prompt in rows.values():
        if "paraphrase" not in prompt.tags:
            originals[prompt.group].append(prompt.graph)
    for line, prompt in rows.items():
        if "paraphrase" in prompt.tags:
            told = any(equivalent(prompt.graph, graph) for graph in originals[prompt.group])
            if not told:
                yield line, "graph", f"no prompt of group {prompt.group!r} that it paraphrases has this graph"


def _tags(rows: Rows, world: World) -> Iterator[Problem]:
    for line, prompt in rows.items():
        for tag in untrue(prompt.tags, prompt.graph, world):
            yield line, "tags", f"{tag!r} does not hold of the graph"
        if len(set(prompt.tags)) != len(prompt.tags):
            yield line, "tags", "a tag stands twice"


def _texts(rows: Rows, world: World) -> Iterator[Problem]:
    """A text that `parse` can read says what the graph says; one that it cannot read is not judged."""
    first: dict[str, int] = {}
    for line, prompt in rows.items():
        if first.setdefault(prompt.text, line) != line:
            yield line, "text", f"is the text of line {first[prompt.text]} too"
        try:
            said = parse(prompt.text)
        except ParseError:
            continue
        if not equivalent(said, prompt.graph):
            yield line, "text", f"reads as {said.model_dump_json(exclude_defaults=True)}, which is not the graph"


def _file_names(rows: Rows, world: World) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for line, prompt in rows.items():
        other = first.setdefault(prompt.id.lower(), prompt.id)
        if other != prompt.id:
            yield line, "id", f"{prompt.id!r} and {other!r} are one file where case does not count"


def _drawable(rows: Rows, world: World) -> Iterator[Problem]:
    """Every graph of the shapes world can be drawn, and the drawing then meets every requirement."""
    if world != "shapes":
        return
    for line, prompt in rows.items():
        unknown = list(_not_of_this_world(prompt.graph))
        yield from ((line, field, problem) for field, problem in unknown)
        if not unknown and (obstacle := _obstacle(prompt.graph)):
            yield line, "graph", obstacle


def _not_of_this_world(graph: SceneGraph) -> Iterator[tuple[str, str]]:
    for number, entity in enumerate(graph.entities):
        field = f"graph.entities.{number}"
        if entity.category not in SHAPES:
            problem = f"the shapes world has no {entity.category!r}: {nearest(entity.category, SHAPES)}"
            yield f"{field}.category", problem
        if entity.count > LARGEST_GROUP:  # else a layout of a million things would be tried
            yield f"{field}.count", f"the shapes world has groups of at most {LARGEST_GROUP}, not of {entity.count}"
        for word in sorted(set(entity.attributes) - set(COLOURS) - {"small", "large"}):
            yield f"{field}.attributes", f"the shapes world has no {word!r}: {nearest(word, COLOURS)}"
        if len(set(entity.attributes) & set(COLOURS)) != 1:
            yield f"{field}.attributes", "one colour is needed"
    for number, relation in enumerate(graph.relations):
        if relation.canonical().predicate not in _DRAWABLE:
            problem = f"the shapes world has no {relation.predicate!r}: {nearest(relation.predicate, PREDICATES)}"
            yield f"graph.relations.{number}.predicate", problem


def _obstacle(graph: SceneGraph) -> str | None:
    rng = np.random.default_rng(0)
    for wanted in (*repeat(graph, _LAYOUTS), *repeat(roomy(graph), _LAYOUTS)):
        try:
            verdicts = check(graph.requirements(), truth(layout(wanted, rng, foresight=_FORESIGHT)))
        except LayoutError:
            continue
        failed = [r.statement() for r in graph.requirements() if not verdicts[r.id]]
        return f"cannot hold as drawn: {'; '.join(failed)}" if failed else None
    return "no layout satisfies it"


def _shared_ids(splits: Mapping[Path, Rows]) -> Iterator[Finding]:
    """Splits share no prompt: an id seeds the noise and names the files."""
    owner: dict[str, Path] = {}
    for path, rows in splits.items():
        for line, prompt in rows.items():
            if owner.setdefault(prompt.id, path) != path:
                problem = f"{prompt.id!r} is a prompt of {owner[prompt.id].name} too"
                yield Finding(path, problem, line, "id")


CHECKS: tuple[Callable[[Rows, World], Iterator[Problem]], ...] = (
    _twins,
    _paraphrases,
    _tags,
    _texts,
    _file_names,
    _drawable,
)
