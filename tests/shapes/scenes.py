"""Drawn scenes and how two graphs of one picture are held against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.shapes import sample

Thing = tuple[str, str, tuple[float, float, float, float]]


def thing(name: str, colour: str, shape: str, box: tuple[float, float, float, float], depth: float = 0) -> Entity:
    return Entity(id=name, category=shape, attributes=(colour,), box=box, depth=depth)


def scene(*entities: Entity) -> SceneGraph:
    return SceneGraph(entities=entities)


def said(*triples: tuple[str, str, str], **things: str) -> SceneGraph:
    """A prompt graph: things by id ("red circle", "2 red circle"), and what is said of them ("not near" negates)."""
    entities = []
    for name, words in things.items():
        count, *rest = words.split() if words[0].isdigit() else ("1", *words.split())
        entities.append(Entity(id=name, category=rest[-1], attributes=tuple(rest[:-1]), count=int(count)))
    relations = []
    for subject, predicate, object_ in triples:
        pair = object_.split(" and ")
        relations.append(
            Relation(
                subject=subject,
                predicate=predicate.removeprefix("not "),
                object=(pair[0], pair[1]) if len(pair) == 2 else object_,
                negated=predicate.startswith("not "),
            )
        )
    return SceneGraph(entities=tuple(entities), relations=tuple(relations))


def sampled(seeds: range) -> Iterator[SceneGraph]:
    for seed in seeds:
        yield sample(np.random.default_rng(seed))


def facts(graph: SceneGraph) -> Counter[tuple[str, ...]]:
    """What a graph says, with things named by their words and ids forgotten."""
    name = {entity.id: " ".join((*entity.attributes, entity.category)) for entity in graph.entities}
    found = Counter((word,) for word in name.values())
    for relation in graph.canonical_relations():
        members = [name[other] for other in relation.objects]
        if relation.predicate in ("near", "far from"):
            found[relation.predicate, *sorted([name[relation.subject], *members])] += 1
        else:
            found[relation.predicate, name[relation.subject], *sorted(members)] += 1
    return found
