"""Tags that follow from a prompt's graph, so that they can be written, and checked, by one rule."""

from collections.abc import Iterable

from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import unseen

_VALUED = ("k=", "entities=", "relation:")
_PLAIN = frozenset({"negated", "counted", "multi-hop"})
_SHAPES = frozenset({"seen", "unseen"})


def derived(graph: SceneGraph, world: str) -> tuple[str, ...]:
    """``k=`` relations, ``entities=`` instances, each ``relation:``, and what is special about the graph.

    >>> graph = SceneGraph.from_triples([("red circle", "left of", "square"), ("square", "above", "star")])
    >>> derived(graph, "photo")
    ('k=2', 'entities=3', 'relation:above', 'relation:left of', 'multi-hop')
    """
    relations = graph.relations
    special = {
        "negated": any(relation.negated for relation in relations),
        "counted": any(entity.count > 1 for entity in graph.entities),
        # Some thing is the object of one relation and the subject of another.
        "multi-hop": bool({r.subject for r in relations} & {name for r in relations for name in r.objects}),
    }
    novelty = ["unseen" if unseen(graph) else "seen"] if world == "shapes" else []
    return (
        f"k={len(relations)}",
        f"entities={sum(entity.count for entity in graph.entities)}",
        *sorted({f"relation:{relation.predicate}" for relation in relations}),
        *(name for name, holds in special.items() if holds),
        *novelty,
    )


def untrue(tags: Iterable[str], graph: SceneGraph, world: str) -> list[str]:
    """The tags of a derived kind that do not hold of the graph; a suite's own tags are its own affair."""
    held = derived(graph, world)
    kinds = _PLAIN | _SHAPES if world == "shapes" else _PLAIN
    return [tag for tag in tags if (tag in kinds or tag.startswith(_VALUED)) and tag not in held]
