"""Strict and LAION scene-graph IoU against what anyone would write first, on the same graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.random import Generator

from benchmarks.measure import Contest, Result, calling, hold
from benchmarks.peers import by_program, exhaustive, published
from rlrig_eval.metrics import IoU, scene_graph_iou
from rlrig_eval.metrics.iou import Mode
from rlrig_eval.metrics.laion_batch import Pictures, Prompts, Words, laion_iou, laion_pictures, laion_prompts
from rlrig_eval.scene import Entity, Relation, SceneGraph, opposite

Pair = tuple[SceneGraph, SceneGraph]
Peer = Callable[[SceneGraph, SceneGraph], IoU]

PREDICATES = ("left of", "above", "in front of", "bigger than", "inside")
COLOURS = ("red", "blue")
ENTITIES, RELATIONS = 10, 12


def run(pairs: int = 12, rounds: int = 5, batch: int = 500) -> list[Result]:
    """On pairs of graphs with 12 relations each: one at a time in both modes, and `batch` times `pairs` at once.

    The promises are a millisecond for a strict score, and a fiftieth of the published sets' time in a batch of graphs
    that are numbered already. What numbering costs, once a graph, is the last line.
    """
    rng = np.random.default_rng(0)
    usual = [graphs(rng, ENTITIES, ("circle", "square", "star")) for _ in range(pairs)]
    alike = [graphs(rng, ENTITIES, ("circle",)) for _ in range(pairs)]
    seven = [graphs(rng, 7, ("circle",)) for _ in range(max(1, pairs // 6))]
    contests = (
        _contest("strict IoU, 10 things, 3 shapes", usual, exhaustive, "every assignment tried", most_ms=1.0),
        _contest("strict IoU, 7 things, 1 shape", seven, exhaustive, "every assignment tried"),
        _contest("strict IoU, 10 things, 1 shape", alike, by_program, "integer program alone"),
        _contest("LAION IoU, 10 things, 3 shapes", usual, published, "the published sets", "laion"),
        *_batches(rng, pairs, batch),
    )
    return [hold(contest, rounds) for contest in contests]


def _batches(rng: Generator, pairs: int, batch: int) -> Iterator[Contest]:
    made = [graphs(rng, ENTITIES, ("circle", "square", "star")) for _ in range(pairs * batch)]

    def numbered() -> tuple[Pictures, Prompts]:
        words = Words()
        return laion_pictures([pred for pred, _ in made], words), laion_prompts([gold for _, gold in made], words)

    def theirs() -> list[IoU]:
        return [published(pred, gold) for pred, gold in made]

    pictures, prompts = numbered()
    if not np.allclose(laion_iou(pictures, prompts), theirs(), atol=1e-12):
        raise AssertionError("LAION IoU in a batch: the published sets give other scores")
    for what, turn, most in (
        ("numbered beforehand", lambda: laion_iou(pictures, prompts), 1 / 50),
        ("numbering included", lambda: laion_iou(*numbered()), None),
    ):
        yield Contest(
            name=f"LAION IoU, {len(made):,} pairs, {what}",
            ours="laion_iou",
            peer="the published sets",
            unit="pair of graphs",
            units=len(made),
            our_turn=calling(turn),
            peer_turn=calling(theirs),
            most=most,
        )


def graphs(rng: Generator, entities: int, shapes: Sequence[str]) -> Pair:
    """A picture's graph and its prompt's: one thing recoloured, three relations reversed, ids shuffled."""
    gold = _graph(rng, entities, shapes)
    names = {entity.id: f"x{number}" for entity, number in zip(gold.entities, rng.permutation(entities), strict=True)}
    things = [entity.model_copy(update={"id": names[entity.id]}) for entity in gold.entities]
    things[0] = things[0].model_copy(update={"attributes": ("green",)})
    stated = [_renamed(relation, names, reverse=number < 3) for number, relation in enumerate(gold.relations)]
    return SceneGraph(entities=tuple(things), relations=tuple(stated)), gold


def _graph(rng: Generator, entities: int, shapes: Sequence[str]) -> SceneGraph:
    things = tuple(
        Entity(id=f"e{number}", category=shapes[number % len(shapes)], attributes=(str(rng.choice(COLOURS)),))
        for number in range(entities)
    )
    places = [(i, j) for i in range(entities) for j in range(i)]
    stated = tuple(
        Relation(subject=f"e{places[place][0]}", predicate=str(rng.choice(PREDICATES)), object=f"e{places[place][1]}")
        for place in rng.choice(len(places), size=RELATIONS, replace=False)
    )
    return SceneGraph(entities=things, relations=stated)


def _renamed(relation: Relation, names: dict[str, str], reverse: bool) -> Relation:
    predicate = opposite(relation.predicate) if reverse else relation.predicate
    return Relation(subject=names[relation.subject], predicate=predicate, object=names[str(relation.object)])


def _contest(
    name: str, pairs: Sequence[Pair], peer: Peer, how: str, mode: Mode = "strict", most_ms: float | None = None
) -> Contest:
    def ours() -> list[IoU]:
        return [scene_graph_iou(pred, gold, mode) for pred, gold in pairs]

    def theirs() -> list[IoU]:
        return [peer(pred, gold) for pred, gold in pairs]

    if ours() != theirs():
        raise AssertionError(f"{name}: {how} gives other scores")
    return Contest(
        name=name,
        ours="scene_graph_iou",
        peer=how,
        unit="pair of graphs",
        units=len(pairs),
        our_turn=calling(ours),
        peer_turn=calling(theirs),
        most_ms=most_ms,
    )
