"""An order of the things of a graph by what is said of them alone: neither ids nor the order of lists tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rlrig_eval.scene.facts import Fact, facts
from rlrig_eval.scene.graph import Entity, SceneGraph

Ranks = dict[str, int]
Said = Sequence[tuple[bool, Fact]]
"""Facts, and whether each is denied."""


def in_order(graph: SceneGraph) -> list[Entity]:
    """The entities by what they are, where they are, and then by the parts that they take in relations.

    Things that change places with one another without changing the graph have no order among them: they stay as listed.
    """
    told = [(denied, fact) for denied in (False, True) for fact in facts(graph, negated=denied)]
    ranks = _refined(_numbered({entity.id: _itself(entity) for entity in graph.entities}), told)
    busy = {name for _, fact in told for name in fact.members}
    while alike := next((names for names in _classes(ranks) if len(names) > 1 and names[0] in busy), None):
        # Ranks are even numbers here, so that one of those that are alike can go before the others.
        ways = (_refined(_numbered({name: 2 * r - (name == one) for name, r in ranks.items()}), told) for one in alike)
        ranks = min(ways, key=lambda way: _spelt(way, told))
    return sorted(graph.entities, key=lambda entity: ranks[entity.id])


def _itself(entity: Entity) -> Any:
    depth = () if entity.depth is None else (entity.depth,)
    return entity.category, sorted(entity.attributes), entity.count, entity.box or (), depth


def _numbered(keys: Mapping[str, Any]) -> Ranks:
    places: list[Any] = []
    for key in sorted(keys.values()):
        if not places or places[-1] != key:
            places.append(key)
    return {name: places.index(key) for name, key in keys.items()}


def _refined(ranks: Ranks, told: Said) -> Ranks:
    """`ranks` told further apart by the parts that things take in facts, until that tells no more of them apart."""
    count = len(set(ranks.values()))
    while count < len(ranks):
        parts: dict[str, list[Any]] = {name: [] for name in ranks}
        for denied, fact in told:
            spelt = _fact(ranks, denied, fact)
            for place, name in enumerate(fact.ordered):
                parts[name].append((place, spelt))
            for name in fact.loose:
                parts[name].append((len(fact.ordered), spelt))
        finer = _numbered({name: (rank, sorted(parts[name])) for name, rank in ranks.items()})
        if len(set(finer.values())) == count:
            break
        ranks, count = finer, len(set(finer.values()))
    return ranks


def _fact(ranks: Ranks, denied: bool, fact: Fact) -> Any:
    return denied, fact.label, [ranks[name] for name in fact.ordered], sorted(ranks[name] for name in fact.loose)


def _spelt(ranks: Ranks, told: Said) -> Any:
    return sorted(Counter(ranks.values()).items()), sorted(_fact(ranks, *one) for one in told)


def _classes(ranks: Ranks) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for name, rank in ranks.items():
        found.setdefault(rank, []).append(name)
    return [names for _, names in sorted(found.items())]
