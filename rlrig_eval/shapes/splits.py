"""Which prompts may be trained on: a pure function of the canonical prompt graph."""

import hashlib
import json
from typing import Literal

from rlrig_eval.scene.graph import Entity, SceneGraph
from rlrig_eval.scene.relations import VOCABULARY
from rlrig_eval.shapes.vocabulary import COLOURS, UNSEEN

Split = Literal["train", "dev", "test"]
_SHARES: tuple[tuple[Split, int], ...] = (("train", 80), ("dev", 90), ("test", 100))


def split(graph: SceneGraph) -> Split:
    """The bucket of a prompt graph: train 80 %, dev 10 %, test 10 %.

    Directions and subjects are left out of the hash, so a prompt shares its bucket with its twin and paraphrases.
    """
    digest = hashlib.sha256(json.dumps(_undirected(graph)).encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    return next(name for name, end in _SHARES if place < end)


def unseen(graph: SceneGraph) -> bool:
    """Whether a (colour, shape) pairing of `graph` is held out of everything that is trained but the judge."""
    return any((word, entity.category) in UNSEEN for entity in graph.entities for word in entity.attributes)


def _undirected(graph: SceneGraph) -> list[list[str]]:
    names = {entity.id: _name(entity) for entity in graph.entities}
    facts = []
    for relation in graph.relations:
        kind = VOCABULARY.get(relation.predicate)
        members = sorted(names[name] for name in (relation.subject, *relation.objects))
        facts.append([kind.axis if kind is not None else relation.predicate, *members])
    return [sorted(names.values()), *sorted(facts)]


def _name(entity: Entity) -> str:
    colours = [word for word in entity.attributes if word in COLOURS]
    return " ".join([str(entity.count), *colours, entity.category])
