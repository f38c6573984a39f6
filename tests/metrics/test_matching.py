"""Instance matching: what is paired with what, checked against trying everything."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlrig_eval.metrics import by_category, by_category_and_attributes, match_instances
from rlrig_eval.metrics.branch_and_bound import branch_and_bound
from rlrig_eval.metrics.integer_program import integer_program
from rlrig_eval.metrics.matching import Kind, Matching, members
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.facts import facts, triples
from tests.metrics.scenes import graphs, said_otherwise, scene

kinds = st.sampled_from([by_category, by_category_and_attributes])


def by_trying_everything(a: SceneGraph, b: SceneGraph, kind: Kind) -> tuple[int, int]:
    """(triples, entities) of the lexicographically best of all partial one-to-one matchings."""
    facts_a, facts_b = triples(a), triples(b)
    nobody = [None] * len(a.entities)
    best = (0, 0)
    for order in set(permutations([*b.entities, *nobody], len(a.entities))):
        partner = {
            one.id: other.id
            for one, other in zip(a.entities, order, strict=True)
            if other is not None and kind(one) == kind(other)
        }
        shared = sum(
            renamed(fact, partner) in facts_b for fact in facts_a if partner.keys() >= {fact.subject, *fact.objects}
        )
        best = max(best, (shared, len(partner)))
    return best


def renamed(fact: Relation, names: dict[str, str]) -> Relation:
    objects = tuple(names[name] for name in fact.objects)
    object_ = (objects[0], objects[1]) if len(objects) == 2 else objects[0]
    return fact.model_copy(update={"subject": names[fact.subject], "object": object_}).canonical()


def is_one_to_one_and_shares(matching: Matching, a: SceneGraph, b: SceneGraph, kind: Kind) -> bool:
    """Whether the pairs are what they claim: of one kind, each id once, sharing that many triples."""
    partner = dict(matching.pairs)
    shared = sum(
        renamed(fact, partner) in triples(b) for fact in triples(a) if partner.keys() >= {fact.subject, *fact.objects}
    )
    return (
        len(partner) == len(set(partner.values())) == len(matching.pairs)
        and all(kind(a.entity(i)) == kind(b.entity(j)) for i, j in matching.pairs)
        and shared == matching.triples
    )


@settings(deadline=None, max_examples=150)
@given(graphs(most=4), graphs(most=4), kinds)
def test_nothing_beats_the_matching(a: SceneGraph, b: SceneGraph, kind: Kind) -> None:
    found = match_instances(a, b, kind)
    assert (found.triples, len(found.pairs)) == by_trying_everything(a, b, kind)
    assert is_one_to_one_and_shares(found, a, b, kind)


def test_a_fact_of_three_things_is_never_taken_for_one_of_two() -> None:
    """Both are spelt as one number: this pair of graphs once had one in common."""
    circles = tuple(Entity(id=f"e{n}", category="circle") for n in range(3))
    between = Relation(subject="e0", predicate="between", object=("e1", "e2"))
    a = SceneGraph(entities=circles, relations=(between, Relation(subject="e0", predicate="above", object="e1")))
    b = SceneGraph(entities=circles[:2], relations=(Relation(subject="e0", predicate="left of", object="e1"),))
    assert match_instances(a, b, by_category).triples == 0


@settings(deadline=None, max_examples=60)
@given(graphs(most=6), graphs(most=6), kinds)
def test_both_solvers_agree(a: SceneGraph, b: SceneGraph, kind: Kind) -> None:
    problem = members(a, b, kind), facts(a), facts(b)
    pairs, shared = branch_and_bound(*problem)
    other_pairs, other_shared = integer_program(*problem)
    assert (len(pairs), shared) == (len(other_pairs), other_shared)
    assert is_one_to_one_and_shares(Matching(tuple(other_pairs), other_shared), a, b, kind)


@settings(deadline=None)
@given(graphs(), kinds, st.randoms(use_true_random=False))
def test_a_graph_said_otherwise_is_found_whole(graph: SceneGraph, kind: Kind, rng: random.Random) -> None:
    found = match_instances(said_otherwise(graph, rng), graph, kind)
    assert (found.triples, len(found.pairs)) == (len(triples(graph)), len(graph.entities))


def test_of_two_alike_the_one_that_shares_more_is_taken() -> None:
    gold = scene("t: tree, h: house", "t left of h", "t near h")
    read = scene("t1: tree, t2: tree, h: house", "t1 left of h", "t2 left of h", "t2 near h")
    assert dict(match_instances(read, gold).pairs) == {"t2": "t", "h": "h"}


def test_what_takes_part_in_nothing_is_still_paired() -> None:
    found = match_instances(scene("a: tree, b: tree, c: red tree"), scene("x: tree, y: red tree, z: house"))
    assert len(found.pairs) == 2
    assert ("c", "y") in found.pairs


@pytest.mark.parametrize(
    ("read", "shared"),
    [
        ("b near a", 1),  # symmetric
        ("b right of a", 0),  # spatial, but not what is asked
        ("a far from b", 0),
    ],
)
def test_a_symmetric_relation_has_no_direction(read: str, shared: int) -> None:
    ends = "a: circle, b: square"
    assert match_instances(scene(ends, read), scene(ends, "a near b")).triples == shared


def test_the_pair_of_between_has_no_order_and_its_subject_has_a_place() -> None:
    three = "a: circle, b: square, c: star"
    gold = scene(three, "a between b c")
    assert match_instances(scene(three, "a between c b"), gold).triples == 1
    assert match_instances(scene(three, "b between a c"), gold).triples == 0


def test_a_relation_in_another_frame_is_another_fact() -> None:
    gold = scene("a: circle, b: car", "a left of b")
    seen_from_the_car = gold.model_copy(
        update={"relations": (gold.relations[0].model_copy(update={"frame": "object"}),)}
    )
    assert match_instances(seen_from_the_car, gold).triples == 0
    assert match_instances(seen_from_the_car, seen_from_the_car).triples == 1


def test_a_crowd_that_branch_and_bound_gives_up_on_is_matched_all_the_same() -> None:
    rng = random.Random(0)
    crowd = tuple(Entity(id=f"p{number}", category="person") for number in range(9))

    def scattered() -> SceneGraph:
        pairs = (rng.sample(range(9), 2) for _ in range(11))
        relations = (Relation(subject=f"p{i}", predicate="left of", object=f"p{j}") for i, j in pairs)
        return SceneGraph(entities=crowd, relations=tuple(relations))

    a, b = scattered(), scattered()
    problem = members(a, b, by_category), facts(a), facts(b)
    assert branch_and_bound(*problem, budget=100) is None
    pairs, shared = integer_program(*problem)
    assert is_one_to_one_and_shares(Matching(tuple(pairs), shared), a, b, by_category)
    assert len(pairs) == 9
    assert match_instances(a, b).triples == shared
