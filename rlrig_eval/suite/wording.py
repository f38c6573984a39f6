"""Prompt graphs in English, in words that a large model understands too."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from numpy.random import Generator

from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import describe, number_word, with_article

SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "left of": ("left of", "to the left of", "on the left side of"),
        "right of": ("right of", "to the right of", "on the right side of"),
        "above": ("above", "over"),
        "below": ("below",),
        "inside": ("inside", "within"),
        "around": ("around", "surrounding"),
        "in front of": ("in front of",),
        "behind": ("behind",),
        "near": ("near", "close to", "next to"),
        "far from": ("far from", "far away from"),
        "bigger than": ("bigger than", "larger than"),
        "smaller than": ("smaller than",),
        "between": ("between", "in between"),
    }
)
"""Predicate -> the ways to say it; the first is the plain one. All of a row mean the very same predicate."""

PREFIXES = ("", "there {be} ", "a picture of ")

Choose = Callable[[int], int]
"""How a wording is chosen: given n options, an index below n. `plain` always takes the first, `at_random` any."""


def plain(options: int) -> int:
    return 0


def at_random(rng: Generator) -> Choose:
    return lambda options: int(rng.integers(options))


def word(graph: SceneGraph, choose: Choose = plain) -> str:
    """The prompt of `graph`: one clause a relation, a thing introduced with "a" and then called "the".

    >>> from rlrig_eval.scene import SceneGraph
    >>> triples = [("red circle", "left of", "blue square"), ("blue square", "above", "black star")]
    >>> word(SceneGraph.from_triples(triples))
    'a red circle left of a blue square, and the blue square above a black star'
    """
    known: set[str] = set()
    clauses = [_clause(graph, relation, known, choose) for relation in graph.relations]
    alone = [entity for entity in graph.entities if not _related(graph, entity)]
    things = [_mention(entity, known) for entity in alone]
    if things:
        clauses.append(" and ".join([", ".join(things[:-1]), things[-1]]) if len(things) > 1 else things[0])
    text = ", and ".join([", ".join(clauses[:-1]), clauses[-1]]) if len(clauses) > 1 else clauses[0]
    return PREFIXES[choose(len(PREFIXES))].format(be="is" if text.startswith(("a ", "an ")) else "are") + text


def _clause(graph: SceneGraph, relation: Relation, known: set[str], choose: Choose) -> str:
    ways = SYNONYMS.get(relation.predicate, (relation.predicate,))
    predicate = ways[choose(len(ways))]
    subject = _mention(graph.entity(relation.subject), known)
    first, *rest = relation.objects
    objects = [_mention(graph.entity(first), known)]
    objects += [_mention(graph.entity(name), known) for name in rest if name != first]
    return f"{subject} {'not ' if relation.negated else ''}{predicate} {' and '.join(objects)}"


def _mention(entity: Entity, known: set[str]) -> str:
    phrase = describe(entity.category, entity.attributes, entity.count)
    if entity.id in known:
        return f"the {phrase}"
    known.add(entity.id)
    return with_article(phrase) if entity.count == 1 else f"{number_word(entity.count)} {phrase}"


def _related(graph: SceneGraph, entity: Entity) -> bool:
    return any(entity.id in (relation.subject, *relation.objects) for relation in graph.relations)
