"""The members of a group in words: plain, and three paraphrases."""

import itertools
from collections.abc import Iterator

from numpy.random import Generator

from rlrig_eval.scene import SceneGraph
from rlrig_eval.scene.phrases import describe, with_article
from rlrig_eval.suite.contrast import restated
from rlrig_eval.suite.wording import at_random, word

PARAPHRASES = 3
_ORDERS = {
    "left of": "from left to right", "right of": "from right to left",
    "above": "from top to bottom", "below": "from bottom to top",
}  # fmt: skip
_REWORDINGS = 40  # draws, so many that one differs


def paraphrases(rng: Generator, graph: SceneGraph, used: set[str]) -> Iterator[tuple[str, SceneGraph]]:
    """PARAPHRASES other texts for a graph, each with the graph in the order and direction in which it tells it.

    In other words; from the other side; from the other side and back to front. An ordering is listed instead of told
    in other words. `used` are the texts that there are already, and grows.
    """
    other = restated(graph)
    backwards = other.model_copy(update={"relations": other.relations[::-1]})
    told = [graph, other, backwards]
    if (text := listed(graph)) is not None:
        used.add(text)
        yield text, told.pop(0)
    for one in told:
        texts = (word(one, at_random(rng)) for _ in range(_REWORDINGS))
        found = next(text for text in texts if text not in used)
        used.add(found)
        yield found, one


def listed(graph: SceneGraph) -> str | None:
    """A row of things as a list in one direction; None for any other graph.

    >>> listed(SceneGraph.from_triples([("red star", "above", "ring"), ("ring", "above", "cross")]))
    'from top to bottom: a red star, a ring, and a cross'
    """
    ids = [entity.id for entity in graph.entities]
    row = [(r.subject, r.object) for r in graph.relations]
    ways = {(relation.predicate, relation.negated) for relation in graph.relations}
    if row != list(itertools.pairwise(ids)) or len(ways) != 1 or len(ids) < 3:
        return None
    ((way, negated),) = ways
    if way not in _ORDERS or negated or any(entity.count > 1 for entity in graph.entities):
        return None
    things = [with_article(describe(entity.category, entity.attributes)) for entity in graph.entities]
    return f"{_ORDERS[way]}: {', '.join(things[:-1])}, and {things[-1]}"
