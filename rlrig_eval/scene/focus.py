"""`focus`: what of a picture's graph a prompt has an opinion on."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

import numpy as np
from scipy.optimize import linear_sum_assignment

from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.graph import Entity, Relation, SceneGraph
from rlrig_eval.scene.relations import VOCABULARY


def focus(read: SceneGraph, gold: SceneGraph) -> SceneGraph:
    """`read` without what `gold` is silent on.

    Drops the read relations that touch an entity without a partner in `gold`, or that join a pair, or use an
    axis or a frame between that pair, on which `gold` says nothing; and, of a read entity with a partner, the
    attributes of a kind (colour, size, material) that the partner does not state. Partners have the same category;
    among those the most shared attributes and gold relations win. Invented entities stay: they are priced by entity
    IoU. Where `gold` only denies, what it denies is kept and nothing else: "not left of" has no opinion on "right of".

    >>> gold = SceneGraph.from_triples([("red circle", "left of", "square")])
    >>> circle = "small red circle"
    >>> read = SceneGraph.from_triples([(circle, "left of", "square"), ("square", "below", circle)])
    >>> focused = focus(read, gold)
    >>> [r.predicate for r in focused.relations], focused.entities[0].attributes
    (['left of'], ('red',))
    """
    gold = gold.expand()
    partner = _partners(read, gold)
    same = {entity.id: entity.id for entity in gold.entities}
    asked = {_topic(relation, same) for relation in gold.relations if not relation.negated}
    forbidden = {_renamed(relation, same) for relation in gold.relations if relation.negated}
    entities = tuple(
        _stated(entity, gold.entity(partner[entity.id])) if entity.id in partner else entity for entity in read.entities
    )
    relations = tuple(
        relation
        for relation in read.relations
        if all(name in partner for name in (relation.subject, *relation.objects))
        and (_topic(relation, partner) in asked or _renamed(relation, partner) in forbidden)
    )
    return SceneGraph(entities=entities, relations=relations)


def _topic(relation: Relation, names: dict[str, str]) -> tuple[frozenset[str], str, frozenset[str]]:
    """What a relation is about: who takes part, the axis (a non-spatial predicate is its own axis), and whose own sides
    it is told by, if not by the viewer's: what stands on a dog's own left may be anywhere to the viewer."""
    kind = VOCABULARY.get(relation.predicate)
    objects = frozenset(names[name] for name in relation.objects)
    axis = kind.axis if kind is not None else relation.predicate
    return objects | {names[relation.subject]}, axis, objects if relation.frame == "object" else frozenset()


def _renamed(relation: Relation, names: dict[str, str]) -> Relation:
    """The relation in canonical form under other names, and not negated."""
    subject, *objects = (names[name] for name in (relation.subject, *relation.objects))
    object_ = (objects[0], objects[1]) if len(objects) == 2 else objects[0]
    return relation.model_copy(update={"subject": subject, "object": object_, "negated": False}).canonical()


def _stated(entity: Entity, partner: Entity) -> Entity:
    kinds = {kind_of(word) for word in partner.attributes}
    kept = tuple(word for word in entity.attributes if kind_of(word) in kinds)
    return entity.model_copy(update={"attributes": kept})


def _partners(read: SceneGraph, gold: SceneGraph) -> dict[str, str]:
    """Read id -> gold id: same category, most shared attributes first, then most relation roles in common and fewest of
    those that `gold` denies."""
    if not read.entities or not gold.entities:
        return {}
    roles_read, roles_gold = _roles(read), _roles(_part(gold, negated=False))
    roles_denied = _roles(_part(gold, negated=True))
    value = np.zeros((len(read.entities), len(gold.entities)))
    for i, seen in enumerate(read.entities):
        for j, wanted in enumerate(gold.entities):
            if seen.category != wanted.category:
                continue
            shared = len(set(seen.attributes) & set(wanted.attributes))
            common = len(roles_read[seen.id] & roles_gold[wanted.id])
            denied = len(roles_read[seen.id] & roles_denied[wanted.id])
            # Lexicographic: a partner at all, then attributes, roles, and roles that are denied (never 1,000 of any).
            value[i, j] = 1e6 + 1e3 * shared + common - 1e-3 * denied
    rows, columns = linear_sum_assignment(value, maximize=True)
    found = {read.entities[i].id: gold.entities[j].id for i, j in zip(rows, columns, strict=True) if value[i, j] > 0}
    return _untangled(found, read, gold)


def _untangled(partner: dict[str, str], read: SceneGraph, gold: SceneGraph) -> dict[str, str]:
    """`partner` with those of things that `gold` describes alike exchanged where more of its relations then hold, or as
    many and fewer that it denies.

    A role names the other thing's category, which does not tell one of two dogs from the other.
    """
    like: dict[tuple[str, frozenset[str]], list[str]] = {}
    for seen, wanted in partner.items():
        entity = gold.entity(wanted)
        like.setdefault((entity.category, frozenset(entity.attributes)), []).append(seen)
    alike = [names for names in like.values() if len(names) > 1]
    if not alike:
        return partner
    same = {entity.id: entity.id for entity in gold.entities}
    stated = {_renamed(relation, same) for relation in gold.relations if not relation.negated}
    denied = {_renamed(relation, same) for relation in gold.relations if relation.negated}

    def held(names: dict[str, str]) -> tuple[int, int]:
        told = (r for r in read.relations if all(name in names for name in (r.subject, *r.objects)))
        found = {_renamed(relation, names) for relation in told}
        return len(found & stated), -len(found & denied)

    best = held(partner)
    better = best < (len(stated), 0)
    while better:
        better = False
        for names in alike:
            for order in _orders([partner[name] for name in names]):
                other = {**partner, **dict(zip(names, order, strict=True))}
                if (count := held(other)) > best:
                    partner, best, better = other, count, True
    return partner


def _orders(names: list[str]) -> Iterator[Sequence[str]]:
    """All orders of a few names; of many, whose orders are too many to try, those with two exchanged."""
    if len(names) <= _FEW:
        yield from permutations(names)
        return
    for i, j in combinations(range(len(names)), 2):
        swapped = list(names)
        swapped[i], swapped[j] = names[j], names[i]
        yield swapped


_FEW = 5


def _part(graph: SceneGraph, negated: bool) -> SceneGraph:
    """`graph` with what it denies alone, or with all but that."""
    relations = tuple(relation for relation in graph.relations if relation.negated == negated)
    return SceneGraph(entities=graph.entities, relations=relations)


def _roles(graph: SceneGraph) -> dict[str, set[tuple[str, str, str, str]]]:
    """Entity id -> the (role, predicate, frame, other category) it takes part in, in canonical form."""
    roles: dict[str, set[tuple[str, str, str, str]]] = {entity.id: set() for entity in graph.entities}
    category = {entity.id: entity.category for entity in graph.entities}
    for relation in graph.canonical_relations():
        passive = "subject" if relation.mutual else "object"
        for other in relation.objects:
            roles[relation.subject].add(("subject", relation.predicate, relation.frame, category[other]))
            roles[other].add((passive, relation.predicate, relation.frame, category[relation.subject]))
    return roles
