"""Graphs are values: checked when made, the same after a round trip, and blind to what entities are called."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from pydantic import ValidationError

from rlrig_eval.scene import Entity, Relation, SceneGraph, equivalent
from tests.scene.strategies import IDS, graphs, renamed

A, B, C = (Entity(id=name, category="circle") for name in "abc")
PAIR = Entity(id="p", category="square", count=2)


def near(subject: str, object_: str) -> Relation:
    return Relation(subject=subject, predicate="near", object=object_)


@given(graphs())
def test_json_gives_the_same_graph_back(graph: SceneGraph) -> None:
    assert SceneGraph.model_validate_json(graph.model_dump_json()) == graph
    assert SceneGraph.model_validate_json(graph.model_dump_json(exclude_defaults=True)) == graph


@given(graphs())
def test_ids_and_order_never_matter(graph: SceneGraph) -> None:
    assert equivalent(graph, renamed(graph, dict(zip(IDS, ("z", "x", "y", "w"), strict=True))))


@given(graphs(), graphs())
def test_graphs_with_other_things_or_facts_are_not_equivalent(one: SceneGraph, other: SceneGraph) -> None:
    def things(graph: SceneGraph) -> list[tuple[str, tuple[str, ...], int]]:
        return sorted((e.category, tuple(sorted(e.attributes)), e.count) for e in graph.entities)

    def facts(graph: SceneGraph) -> list[tuple[str, bool]]:
        return sorted((r.predicate, r.negated) for r in graph.canonical_relations())

    assume(things(one) != things(other) or facts(one) != facts(other))
    assert not equivalent(one, other)


def test_equivalence_sees_who_takes_which_part() -> None:
    red, blue = (Entity(id=c, category="circle", attributes=(c,)) for c in ("red", "blue"))
    one = SceneGraph(entities=(red, blue), relations=(Relation(subject="red", predicate="above", object="blue"),))
    other = SceneGraph(entities=(red, blue), relations=(Relation(subject="blue", predicate="above", object="red"),))
    assert not equivalent(one, other)


def test_a_side_of_a_thing_s_own_is_told_from_one_end_only() -> None:
    def own(subject: str, predicate: str, object_: str) -> SceneGraph:
        relation = Relation(subject=subject, predicate=predicate, object=object_, frame="object")
        things = (Entity(id="d", category="dog"), Entity(id="c", category="cat"))
        return SceneGraph(entities=things, relations=(relation,))

    for predicate, turned in (("right of", "left of"), ("near", "near")):
        said, other = own("d", predicate, "c"), own("c", turned, "d")
        assert said.canonical_relations() == frozenset(said.relations)  # the cat's own right
        assert other.canonical_relations() == frozenset(other.relations)  # the dog's own left
        assert not equivalent(said, other)
        assert equivalent(said, said)


@given(graphs())
def test_expansion_makes_one_entity_an_instance_and_repeats_the_groups_relations(graph: SceneGraph) -> None:
    expanded = graph.expand()
    count = {entity.id: entity.count for entity in graph.entities}
    assert {entity.count for entity in expanded.entities} <= {1}
    assert len(expanded.entities) == sum(count.values())
    expected = 0
    for relation in graph.relations:
        product = 1
        for name in (relation.subject, *relation.objects):
            product *= count[name]
        expected += product
    assert len(expanded.relations) == expected
    assert expanded.expand() == expanded


def test_between_a_group_means_between_its_members_taken_by_two() -> None:
    three = PAIR.model_copy(update={"count": 3})
    between = Relation(subject="a", predicate="between", object=("p", "p"))
    expanded = SceneGraph(entities=(A, three), relations=(between,)).expand()
    assert [r.object for r in expanded.relations] == [("p#1", "p#2"), ("p#1", "p#3"), ("p#2", "p#3")]


@given(graphs())
def test_the_networkx_view_has_every_entity_and_every_part(graph: SceneGraph) -> None:
    view = graph.to_networkx()
    assert set(view) == {entity.id for entity in graph.entities}
    assert view.number_of_edges() == sum(len(relation.objects) for relation in graph.relations)
    for relation in graph.relations:
        edges = view.get_edge_data(relation.subject, relation.objects[0]).values()
        assert {"predicate": relation.predicate, "negated": relation.negated, "frame": relation.frame} in edges


def test_triples_with_the_same_phrase_speak_of_one_thing() -> None:
    graph = SceneGraph.from_triples([("red dog", "left of", "tree"), ("tree", "near", "red dog")])
    assert [(e.attributes, e.category) for e in graph.entities] == [(("red",), "dog"), ((), "tree")]
    assert [(r.subject, r.object) for r in graph.relations] == [("e0", "e1"), ("e1", "e0")]


@pytest.mark.parametrize(
    ("entities", "relations", "problem"),
    [
        ((A, A), (), "'a' is used twice"),
        ((A, B), (near("a", "c"),), "unknown entity 'c'"),
        (
            (A, B),
            (Relation(subject="a", predicate="between", object=("b", "b")),),
            "'between' needs two objects, 'b' is one",
        ),
    ],
)
def test_a_malformed_graph_says_what_is_wrong(
    entities: tuple[Entity, ...], relations: tuple[Relation, ...], problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        SceneGraph(entities=entities, relations=relations)


@pytest.mark.parametrize(
    ("predicate", "object_", "problem"),
    [
        ("near", "a", "cannot be 'near' itself"),
        ("between", "b", r"takes 2 object\(s\), not 1"),
        ("near", ("b", "c"), r"takes 1 object\(s\), not 2"),
        ("wearing", ("b", "c"), r"takes 1 object\(s\), not 2"),
    ],
)
def test_a_malformed_relation_says_what_is_wrong(predicate: str, object_: str | tuple[str, str], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Relation(subject="a", predicate=predicate, object=object_)


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (5, 0, 4, 5)])
def test_a_box_has_area(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValidationError, match="a box is"):
        Entity(id="a", category="circle", box=box)


@pytest.mark.parametrize("place", [{"box": (0, 0, math.nan, 5)}, {"box": (0, 0, math.inf, 5)}, {"depth": math.nan}])
def test_a_place_is_finite(place: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Entity(id="a", category="circle", **place)


def test_a_misspelt_field_is_refused_and_nothing_can_be_changed() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Entity.model_validate({"id": "a", "category": "circle", "colour": "red"})
    with pytest.raises(ValidationError, match="frozen"):
        A.category = "square"  # type: ignore[misc]
