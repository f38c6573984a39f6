"""Write the suite ``spatial``: ``python -m rlrig_eval.suite.spatial --seed 7 --out suites/spatial``.

The same seed writes the same bytes. Every graph is checked to be drawable: `shapes.layout` finds a place for
everything, and on the true graph of that drawing every requirement holds.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, repeat
from pathlib import Path
from typing import TypeVar

import networkx as nx
import numpy as np
from numpy.random import Generator

from rlrig_eval.scene import VOCABULARY, SceneGraph, check
from rlrig_eval.scene.phrases import describe
from rlrig_eval.shapes import PAIRINGS, SEEN, LayoutError, Split, layout, split, truth, unseen
from rlrig_eval.suite.contrast import restated, twins
from rlrig_eval.suite.order import interleaved
from rlrig_eval.suite.schema import Prompt
from rlrig_eval.suite.split_files import FILES, write_split
from rlrig_eval.suite.structures import DIRECTIONS, MEASURES, PREDICATES, compose
from rlrig_eval.suite.tags import derived
from rlrig_eval.suite.wording import at_random, word

FIRST_PREDICATES: Mapping[str, Sequence[str]] = {
    "pair": PREDICATES,
    "negated": (*DIRECTIONS, *MEASURES),
    "counted": (*DIRECTIONS, *MEASURES),
    "ordering": DIRECTIONS,
    "chain": PREDICATES,
    "triangle": PREDICATES,
    "long chain": PREDICATES,
    "web": PREDICATES,
}
"""Structure -> what the first relation says, each equally often; structures that are missing decide alone."""

GROUPS: Mapping[Split, Mapping[str, int]] = {
    "test": {
        "pair": 24, "negated": 24, "counted": 16, "between": 24, "ordering": 16, "chain": 36,
        "triangle": 24, "counted chain": 16, "long chain": 24, "star": 12, "web": 36,
    },
    "dev": {
        "pair": 12, "negated": 4, "counted": 4, "between": 6, "ordering": 4, "chain": 7,
        "triangle": 6, "counted chain": 4, "long chain": 5, "star": 3, "web": 5,
    },
}  # fmt: skip
"""Split -> structure -> groups."""

PARAPHRASED: Mapping[Split, int] = {"test": 40, "dev": 10}
"""Groups with two paraphrases."""

_UNSEEN_EVERY = 4  # one group in four has a held-out pairing
_PATIENCE = 3000  # draws
_REWORDINGS = 40  # draws, so many that one differs
_ATTEMPTS = 30  # fewer than `layout` is given elsewhere, so that no graph is a rare find

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """A graph, its twin, and the structure they came from."""

    structure: str
    graph: SceneGraph
    twin: SceneGraph


def prompts(bucket: Split, seed: int) -> list[Prompt]:
    """The prompts of one split in the fixed stratified order: each group's prompt, twin, then paraphrases."""
    rng = np.random.default_rng([seed, list(GROUPS).index(bucket)])
    casts: set[frozenset[str]] = set()
    groups = interleaved({s: _groups(rng, bucket, s, n, casts) for s, n in GROUPS[bucket].items()})
    spread = PARAPHRASED[bucket] / len(groups)
    prefix = "spatial" if bucket == "test" else f"spatial-{bucket}"
    found: list[Prompt] = []
    for number, group in enumerate(groups):
        paraphrased = int((number + 1) * spread) > int(number * spread)
        found.extend(_worded(rng, group, f"{prefix}-{number + 1:04d}", paraphrased))
    return found


def satisfiable(graph: SceneGraph, rng: Generator) -> bool:
    """Whether the world can readily draw `graph`, and a perfect reader then finds every requirement met."""
    try:
        drawn = truth(layout(graph, rng, _ATTEMPTS))
    except LayoutError:
        return False
    return all(check(graph.requirements(), drawn).values())


def implied(graph: SceneGraph) -> bool:
    """Whether some relation follows from the others by transitivity, so that stating it asks for nothing."""
    facts = [r for r in graph.canonical_relations() if not r.negated and VOCABULARY[r.predicate].transitive]
    for fact in facts:
        others = [(r.subject, r.object) for r in facts if r.predicate == fact.predicate and r != fact]
        known = nx.DiGraph(others)
        if {fact.subject, fact.object} <= set(known) and nx.has_path(known, fact.subject, fact.object):
            return True
    return False


def _groups(rng: Generator, bucket: Split, structure: str, wanted: int, casts: set[frozenset[str]]) -> list[Group]:
    """`wanted` groups of one structure, first predicates and novelty spread out; no cast is used twice."""
    first = _cycle(rng, FIRST_PREDICATES.get(structure, ()))
    found: list[Group] = []
    phase = list(GROUPS[bucket]).index(structure)  # spreads the unseen over the head of the order
    for number in range(wanted):
        predicate = next(first)
        # A between is stated alone and with a second relation, in turn.
        relations = 1 + number % 2 if structure == "between" else None
        for attempt in count():
            # Some buckets have no graph of a predicate with a held-out pairing: then a seen one must do.
            novel = (number + phase) % _UNSEEN_EVERY == 0 and attempt < _PATIENCE
            graph = compose(rng, structure, PAIRINGS if novel else SEEN, predicate)
            if split(graph) != bucket or unseen(graph) != novel or _cast(graph) in casts:
                continue
            if graph.relations[0].predicate != (predicate or graph.relations[0].predicate):
                continue
            if len(graph.relations) != (relations or len(graph.relations)) or implied(graph):
                continue
            twin = next((t for t in _shuffled(rng, twins(graph)) if satisfiable(t, rng)), None)
            if twin is not None and satisfiable(graph, rng):
                casts.add(_cast(graph))
                found.append(Group(structure, graph, twin))
                break
    return found


def _cast(graph: SceneGraph) -> frozenset[str]:
    return frozenset(describe(e.category, e.attributes, e.count) for e in graph.entities)


def _cycle(rng: Generator, options: Sequence[str]) -> Iterator[str | None]:
    """Every option once in a random order, again and again; None for ever when there are none."""
    while options:
        yield from _shuffled(rng, options)
    yield from repeat(None)


def _shuffled(rng: Generator, options: Sequence[T]) -> list[T]:
    return [options[i] for i in rng.permutation(len(options))]


def _worded(rng: Generator, group: Group, name: str, paraphrased: bool) -> Iterator[Prompt]:
    """The prompt and its twin in plain words; two paraphrases, the second told from the other side."""
    twin = f"{name}-t"
    yield _prompt(name, word(group.graph), group.graph, group, name, twin=twin)
    yield _prompt(twin, word(group.twin), group.twin, group, name, "twin", twin=name)
    for number, graph in enumerate((group.graph, restated(group.graph)) if paraphrased else (), start=1):
        text = _reworded(rng, graph, word(group.graph))
        yield _prompt(f"{name}-p{number}", text, graph, group, name, "paraphrase")


def _reworded(rng: Generator, graph: SceneGraph, plain: str) -> str:
    """Another text than `plain`: in other relation words where there are any, else with an opening."""
    texts = [word(graph, at_random(rng)) for _ in range(_REWORDINGS)]
    others = (text for text in texts if not text.endswith(plain))
    return next(others, next(text for text in texts if text != plain))


def _prompt(
    id_: str, text: str, graph: SceneGraph, group: Group, name: str, *role: str, twin: str | None = None
) -> Prompt:
    tags = (*derived(graph, "shapes"), f"structure:{group.structure}", *role)
    return Prompt(id=id_, text=text, graph=graph, tags=tags, twin=twin, group=name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the JSONL files of every split."""
    parser = argparse.ArgumentParser(prog="python -m rlrig_eval.suite.spatial", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, help="folder of the suite")
    options = parser.parse_args(arguments)
    for bucket in FILES:
        write_split(options.out, bucket, prompts(bucket, options.seed))


if __name__ == "__main__":
    main()
