"""The pairing is the best there is, and depends on nothing but what the two graphs say."""

from __future__ import annotations

import random
from itertools import combinations, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlrig_eval.metrics import IoU, scene_graph_iou
from rlrig_eval.scene import Entity, Relation, SceneGraph, focus
from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.facts import facts
from rlrig_eval.scene.geometry import relations as relations_of
from rlrig_eval.scene.ordering import in_order
from rlrig_eval.scene.pairing import Opinion, pairing
from tests.scene.strategies import graphs, renamed

CATEGORIES = ("dog", "cat")
WORDS = ((), (), ("red",), ("red", "blue"), ("small",))
PREDICATES = ("left of", "left of", "above", "near", "between")


@st.composite
def crowds(draw: st.DrawFn, most: int, denying: bool = False, groups: int = 1) -> SceneGraph:
    """Up to `most` dogs and cats, many of them alike, in up to six relations."""
    things = tuple(
        Entity(id=f"e{number}", category=category, attributes=words, count=count)
        for number, (category, words, count) in enumerate(
            draw(
                st.lists(
                    st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(WORDS), st.integers(1, groups)),
                    max_size=most,
                )
            )
        )
    )
    names, stated = [thing.id for thing in things], []
    for predicate in draw(st.lists(st.sampled_from(PREDICATES), max_size=6)):
        places = 3 if predicate == "between" else 2
        if len(names) >= places:
            subject, *rest = draw(st.permutations(names))[:places]
            stated.append(
                Relation(
                    subject=subject,
                    predicate=predicate,
                    object=(rest[0], rest[1]) if places == 3 else rest[0],
                    negated=denying and draw(st.booleans()),
                )
            )
    return SceneGraph(entities=things, relations=tuple(stated))


def shuffled(graph: SceneGraph, rng: random.Random) -> SceneGraph:
    """Other ids, and other orders of entities and relations."""
    numbers = rng.sample(range(100), len(graph.entities))
    names = {entity.id: f"n{number:02}" for entity, number in zip(graph.entities, numbers, strict=True)}
    told = renamed(graph, names)
    return SceneGraph(
        entities=tuple(rng.sample(told.entities, len(told.entities))),
        relations=tuple(rng.sample(told.relations, len(told.relations))),
    )


def scores(read: SceneGraph, gold: SceneGraph) -> tuple[IoU, IoU]:
    seen = focus(read, gold)
    return scene_graph_iou(seen, gold), scene_graph_iou(seen, gold, "laion")


def gained(partner: dict[str, str], read: SceneGraph, gold: SceneGraph) -> tuple[int, ...]:
    """What `pairing` makes the most of, in its order, told without it."""
    opinion = Opinion.of(gold)
    held = denied = shared = beside = silent = 0
    for told in facts(read):
        if set(told.members) <= partner.keys():
            other = told.renamed(partner)
            held += other in opinion.stated
            denied += other in opinion.denied
            beside += opinion.concerns(other) and other not in opinion.stated
    for one, other in partner.items():
        words, asked = set(read.entity(one).attributes), set(gold.entity(other).attributes)
        shared += len(words & asked)
        beside += sum(kind_of(word) in {kind_of(right) for right in words & asked} for word in words - asked)
        silent += sum(kind_of(word) not in {kind_of(right) for right in asked} for word in words)
    return len(partner), shared, held, -denied, -beside, -silent


def all_pairings(read: SceneGraph, gold: SceneGraph) -> list[dict[str, str]]:
    """Every way to pair things of one category, all that can be or fewer."""
    places = [entity.id for entity in gold.entities for _ in range(entity.count)]
    found = []
    for order in set(permutations([*places, *[None] * len(read.entities)], len(read.entities))):
        partner = {one.id: other for one, other in zip(read.entities, order, strict=True) if other is not None}
        if all(read.entity(one).category == gold.entity(other).category for one, other in partner.items()):
            found.append(partner)
    return found


@settings(deadline=None, max_examples=80)
@given(crowds(4), crowds(3, denying=True, groups=2))
def test_no_other_pairing_gains_more(read: SceneGraph, gold: SceneGraph) -> None:
    best = max(gained(partner, read, gold) for partner in all_pairings(read, gold))
    assert gained(pairing(read, gold), read, gold) == best


@settings(deadline=None, max_examples=150)
@given(crowds(7), crowds(5, denying=True, groups=2), st.randoms(use_true_random=False))
def test_neither_names_nor_orders_change_a_score(read: SceneGraph, gold: SceneGraph, rng: random.Random) -> None:
    assert scores(shuffled(read, rng), shuffled(gold, rng)) == scores(read, gold)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(CATEGORIES), st.integers(5, 59), st.integers(5, 59)), max_size=7, unique=True),
    crowds(5, groups=2),
    st.randoms(use_true_random=False),
)
def test_nor_those_of_a_picture(placed: list[tuple[str, int, int]], gold: SceneGraph, rng: random.Random) -> None:
    things = [
        Entity(id=f"e{number}", category=category, box=(x - 4, y - 4, x + 4, y + 4))
        for number, (category, x, y) in enumerate(placed)
    ]
    read = SceneGraph(entities=tuple(things), relations=relations_of(things, 64))
    assert scores(shuffled(read, rng), gold) == scores(read, gold)


@settings(deadline=None, max_examples=150)
@given(crowds(5), crowds(4), st.randoms(use_true_random=False))
def test_a_reading_that_holds_all_that_is_asked_is_perfect(
    gold: SceneGraph, more: SceneGraph, rng: random.Random
) -> None:
    """Whatever else there is, of things that are not asked for, among themselves and with those that are."""
    beside = renamed(more, {entity.id: f"more {entity.id}" for entity in more.entities})
    mixed = [
        Relation(subject=one.id, predicate=rng.choice(("left of", "above", "near")), object=other.id)
        for one, other in product(gold.entities, beside.entities)
        if rng.random() < 0.3
    ]
    read = SceneGraph(
        entities=(*gold.entities, *beside.entities), relations=(*gold.relations, *beside.relations, *mixed)
    )
    found = scene_graph_iou(focus(shuffled(read, rng), gold), gold)
    assert (found.sg, found.relation) == (1.0, 1.0)


def test_two_kinds_of_things_that_must_move_together_do() -> None:
    def left(one: str, other: str) -> Relation:
        return Relation(subject=one, predicate="left of", object=other)

    def things(prefix: str, categories: str) -> tuple[Entity, ...]:
        return tuple(Entity(id=f"{prefix}{number}", category=word) for number, word in enumerate(categories))

    gold = SceneGraph(entities=things("g", "ababb"), relations=(left("g4", "g2"), left("g1", "g2")))
    read = SceneGraph(entities=things("r", "babba"), relations=(left("r0", "r4"), left("r2", "r4"), left("r3", "r1")))
    assert scores(read, gold)[0].sg == 1.0


@pytest.mark.parametrize("order", [*permutations("PQZ")])
def test_the_one_between_two_is_found_among_those_that_are_alike(order: tuple[str, ...]) -> None:
    places = {"P": ("a", 32, 10), "Q": ("a", 32, 30), "Z": ("b", 32, 50), "X": ("b", 10, 10), "Y": ("b", 54, 10)}
    things = [
        Entity(id=name, category=category, box=(x - 4, y - 4, x + 4, y + 4))
        for name in (*order, "X", "Y")
        for category, x, y in [places[name]]
    ]
    gold = SceneGraph(
        entities=tuple(Entity(id=name, category=category) for name, category in zip("pqxyz", "aabbb", strict=True)),
        relations=(Relation(subject="p", predicate="between", object=("x", "y")),),
    )
    read = SceneGraph(entities=tuple(things), relations=relations_of(things, 64))
    assert [found.sg for found in scores(read, gold)] == [1.0, 1.0]


def crowd(rng: random.Random, count: int) -> SceneGraph:
    """A picture of `count` dogs anywhere."""
    places = rng.sample([*product(range(5, 60, 9), repeat=2)], count)
    things = [
        Entity(id=f"d{number}", category="dog", box=(x - 4, y - 4, x + 4, y + 4))
        for number, (x, y) in enumerate(places)
    ]
    return SceneGraph(entities=tuple(things), relations=relations_of(things, 64))


@pytest.mark.parametrize("seed", range(3))
def test_ten_dogs_of_which_little_is_asked_are_no_trouble(seed: int) -> None:
    rng = random.Random(seed)
    names = [f"g{number}" for number in range(5)]
    asked = [
        Relation(subject=one, predicate=rng.choice(("left of", "above", "near", "far from")), object=other)
        for one, other in rng.sample([*combinations(names, 2)], 5)
    ]
    gold = SceneGraph(entities=tuple(Entity(id=name, category="dog") for name in names), relations=tuple(asked))
    read = crowd(rng, 10)
    assert scores(shuffled(read, rng), gold) == scores(read, gold)


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_things_depends_on_what_is_said_of_them_alone(graph: SceneGraph, rng: random.Random) -> None:
    def spelt(one: SceneGraph) -> list[object]:
        place = {entity.id: str(number) for number, entity in enumerate(in_order(one))}
        told = sorted(str((fact.renamed(place), no)) for no in (False, True) for fact in facts(one, negated=no))
        things = [(e.category, sorted(e.attributes), e.count) for e in in_order(one)]
        return [things, told]

    assert spelt(shuffled(graph, rng)) == spelt(graph)
