"""`focus`: what of a picture's graph a prompt has an opinion on."""

from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.facts import fact
from rlrig_eval.scene.graph import Entity, SceneGraph
from rlrig_eval.scene.pairing import Opinion, pairing


def focus(read: SceneGraph, gold: SceneGraph) -> SceneGraph:
    """`read` without what `gold` is silent on.

    Drops the read relations that touch an entity without a partner in `gold`, or that join a pair, or use an
    axis or a frame between that pair, on which `gold` says nothing; and, of a read entity with a partner, the
    attributes of a kind (colour, size, material) that the partner does not state. Partners have the same category;
    the most shared attributes win, then the most gold relations that hold, then the fewest that contradict gold, of
    all pairings that there are (`scene.pairing`). Invented entities stay: they are priced by entity IoU. Where `gold`
    only denies, what it denies is kept and nothing else: "not left of" has no opinion on "right of". Focusing again
    changes nothing.

    >>> gold = SceneGraph.from_triples([("red circle", "left of", "square")])
    >>> circle = "small red circle"
    >>> read = SceneGraph.from_triples([(circle, "left of", "square"), ("square", "below", circle)])
    >>> focused = focus(read, gold)
    >>> [r.predicate for r in focused.relations], focused.entities[0].attributes
    (['left of'], ('red',))
    """
    while (seen := _focused(read, gold)) != read:  # with less to contradict it, another pairing may do as well
        read = seen
    return read


def _focused(read: SceneGraph, gold: SceneGraph) -> SceneGraph:
    partner = pairing(read, gold)
    opinion = Opinion.of(gold)
    entities = tuple(
        _stated(entity, gold.entity(partner[entity.id])) if entity.id in partner else entity for entity in read.entities
    )
    relations = tuple(
        relation
        for relation in read.relations
        if all(name in partner for name in (relation.subject, *relation.objects))
        and opinion.concerns(fact(relation).renamed(partner))
    )
    return SceneGraph(entities=entities, relations=relations)


def _stated(entity: Entity, partner: Entity) -> Entity:
    kinds = {kind_of(word) for word in partner.attributes}
    kept = tuple(word for word in entity.attributes if kind_of(word) in kinds)
    return entity.model_copy(update={"attributes": kept})
