"""Scene graphs for the tests of metrics: a short notation, random ones, and the same graph said otherwise."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from rlrig_eval.scene import VOCABULARY, Entity, Relation, SceneGraph, is_spatial

PREDICATES = ("left of", "right of", "above", "under", "near", "inside", "between", "wearing")


def scene(entities: str, *relations: str) -> SceneGraph:
    """`scene("a: 2 red circle, b: square", "a left of b", "a not near b", "c between a b")`."""
    found = []
    for entry in filter(None, entities.split(", ")):
        name, words = entry.split(": ")
        *attributes, category = words.split()
        count = int(attributes.pop(0)) if attributes and attributes[0].isdigit() else 1
        found.append(Entity(id=name, category=category, attributes=tuple(attributes), count=count))
    return SceneGraph(entities=tuple(found), relations=tuple(map(_relation, relations)))


def _relation(text: str) -> Relation:
    subject, *words = text.split()
    negated = words[0] == "not"
    words = words[negated:]
    if words[0] == "between":
        return Relation(subject=subject, predicate="between", object=(words[1], words[2]), negated=negated)
    return Relation(subject=subject, predicate=" ".join(words[:-1]), object=words[-1], negated=negated)


@st.composite
def graphs(draw: st.DrawFn, most: int = 5, negated: bool = False) -> SceneGraph:
    """Up to `most` instances of few kinds, so that several are alike, with relations of every sort."""
    kinds = st.tuples(st.sampled_from(["circle", "star"]), st.sampled_from([(), ("red",), ("blue", "small")]))
    entities = tuple(
        Entity(id=f"e{number}", category=category, attributes=attributes)
        for number, (category, attributes) in enumerate(draw(st.lists(kinds, max_size=most)))
    )
    relations = []
    for predicate in draw(st.lists(st.sampled_from(PREDICATES), max_size=7)):
        members = draw(st.permutations([entity.id for entity in entities]))
        places = 3 if predicate == "between" else 2
        if len(members) >= places:
            relations.append(
                Relation(
                    subject=members[0],
                    predicate=predicate,
                    object=(members[1], members[2]) if places == 3 else members[1],
                    negated=negated and draw(st.booleans()),
                )
            )
    return SceneGraph(entities=entities, relations=tuple(relations))


def said_otherwise(graph: SceneGraph, rng: random.Random) -> SceneGraph:
    """The same facts: other ids, other orders, inverse wordings, swapped pairs, some facts stated twice."""
    names = [f"x{number}" for number in range(len(graph.entities))]
    rng.shuffle(names)
    new = {entity.id: name for entity, name in zip(graph.entities, names, strict=True)}
    entities = [
        Entity(
            id=new[entity.id],
            category=entity.category,
            attributes=tuple(rng.sample(entity.attributes, len(entity.attributes))),
        )
        for entity in graph.entities
    ]
    relations = [_reworded(relation, new, rng) for relation in graph.relations for _ in range(rng.choice([1, 1, 2]))]
    rng.shuffle(entities)
    rng.shuffle(relations)
    return SceneGraph(entities=tuple(entities), relations=tuple(relations))


def _reworded(relation: Relation, new: dict[str, str], rng: random.Random) -> Relation:
    if isinstance(relation.object, tuple):
        pair = rng.sample([new[name] for name in relation.object], 2)
        return relation.model_copy(update={"subject": new[relation.subject], "object": (pair[0], pair[1])})
    subject, predicate, object_ = new[relation.subject], relation.predicate, new[relation.object]
    inverse = VOCABULARY[predicate].inverse if is_spatial(predicate) else None
    if inverse is not None and rng.random() < 0.5:
        subject, predicate, object_ = object_, inverse, subject
    return relation.model_copy(update={"subject": subject, "predicate": predicate, "object": object_})
