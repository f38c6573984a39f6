"""Random scene graphs for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from rlrig_eval.scene import VOCABULARY, Entity, Relation, SceneGraph

CATEGORIES = ("circle", "square", "dog")
ATTRIBUTES = ("red", "blue", "small", "wooden", "hairy")
PREDICATES = (*VOCABULARY, "wearing")
IDS = ("b", "d", "a", "c")  # not in order, so that nothing may lean on it


@st.composite
def entities(draw: st.DrawFn, id_: str, most: int = 3, category: str | None = None) -> Entity:
    return Entity(
        id=id_,
        category=category or draw(st.sampled_from(CATEGORIES)),
        attributes=tuple(draw(st.lists(st.sampled_from(ATTRIBUTES), unique=True, max_size=3))),
        count=draw(st.integers(1, most)),
    )


@st.composite
def relations(draw: st.DrawFn, things: list[Entity]) -> Relation:
    fitting = [name for name in PREDICATES if name != "between" or len(things) > 2]
    predicate = draw(st.sampled_from(fitting))
    subject, *rest = draw(st.permutations([thing.id for thing in things]))
    return Relation(
        subject=subject,
        predicate=predicate,
        object=(rest[0], rest[1]) if predicate == "between" else rest[0],
        frame=draw(st.sampled_from(("viewer", "object"))),
        negated=draw(st.booleans()),
    )


@st.composite
def graphs(draw: st.DrawFn, most: int = 3) -> SceneGraph:
    """Up to four entities or groups of up to `most`, in up to four relations; some alike, some unrelated."""
    things = [draw(entities(id_, most)) for id_ in IDS[: draw(st.integers(0, len(IDS)))]]
    facts = draw(st.lists(relations(things), max_size=4)) if len(things) > 1 else []
    return SceneGraph(entities=tuple(things), relations=tuple(facts))


def renamed(graph: SceneGraph, names: dict[str, str]) -> SceneGraph:
    """The graph with other ids, and its entities and relations in reverse order."""

    def told(relation: Relation) -> Relation:
        one = relation.object
        object_ = names[one] if isinstance(one, str) else (names[one[0]], names[one[1]])
        return relation.model_copy(update={"subject": names[relation.subject], "object": object_})

    return SceneGraph(
        entities=tuple(e.model_copy(update={"id": names[e.id]}) for e in reversed(graph.entities)),
        relations=tuple(told(relation) for relation in reversed(graph.relations)),
    )
