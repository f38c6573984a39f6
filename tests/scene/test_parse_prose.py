"""English as `parse` reads it, construction by construction."""

from __future__ import annotations

import pytest

from rlrig_eval.scene import SceneGraph, parse
from rlrig_eval.scene.parse import read
from rlrig_eval.suite.variants import linearised


def told(graph: SceneGraph) -> list[str]:
    """Each relation as "subject predicate object", things by their attributes and category, groups with a count."""
    names = {
        e.id: " ".join([*([str(e.count)] if e.count > 1 else []), *e.attributes, e.category]) for e in graph.entities
    }
    return [
        f"{names[r.subject]} {'not ' if r.negated else ''}{r.predicate}{' (own)' if r.frame == 'object' else ''} "
        + " & ".join(names[name] for name in r.objects)
        for r in graph.relations
    ]


def things(graph: SceneGraph) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(e.count, e.category, e.attributes) for e in graph.entities]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("a photo of a teddy bear", [(1, "teddy bear", ())]),
        ("a photo of two clocks", [(2, "clock", ())]),
        ("a photo of three wine glasses", [(3, "wine glass", ())]),
        ("a photo of four buses", [(4, "bus", ())]),
        ("two sheep and two sheeps", [(2, "sheep", ()), (2, "sheep", ())]),
        ("a photo of four benchs", [(4, "bench", ())]),
        ("three people and a pair of knives", [(3, "person", ()), (2, "knife", ())]),
        ("a group of five dogs", [(5, "dog", ())]),
        ("a pair of scissors and a pair of sunglasses", [(1, "scissors", ()), (1, "sunglasses", ())]),
        ("12 stop signs", [(12, "stop sign", ())]),
        ("a green skis and a scissors", [(1, "skis", ("green",)), (1, "scissors", ())]),
        ("a photo of a red dog and a blue cat", [(1, "dog", ("red",)), (1, "cat", ("blue",))]),
        ("an orange and an orange orange", [(1, "orange", ()), (1, "orange", ("orange",))]),
        ("three oranges", [(3, "orange", ())]),
        ("a small wooden chair, a glass", [(1, "chair", ("small", "wooden")), (1, "glass", ())]),
        ("a red and white hot dog", [(1, "hot dog", ("red", "white"))]),
        ("a small, wooden potted plant", [(1, "potted plant", ("small", "wooden"))]),
        ("the dog is small and black", [(1, "dog", ("small", "black"))]),
        ("a dog and a cat are both red", [(1, "dog", ("red",)), (1, "cat", ("red",))]),
        ("a dog that is red", [(1, "dog", ("red",))]),
        ("a dog is sleeping", [(1, "dog", ("sleeping",))]),
    ],
)
def test_things_with_their_number_and_attributes(text: str, entities: list[tuple[int, str, tuple[str, ...]]]) -> None:
    assert things(parse(text)) == entities


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        # Benchmarks.
        ("a photo of a dog right of a teddy bear", ["dog right of teddy bear"]),
        ("a bicycle to the left of a person", ["bicycle left of person"]),
        # Fronted.
        ("to the left of the dog is a cat", ["cat left of dog"]),
        ("in front of the house stands a tree", ["standing tree in front of house"]),
        ("on the table are a cup and a bowl", ["cup on table", "bowl on table"]),
        ("Above the dog, a kite.", ["kite above dog"]),
        ("a dog, and behind the dog there is a cat", ["cat behind dog"]),
        # Passive: as stated, so what surrounds is the subject.
        ("a dog is surrounded by four cats", ["4 cat around dog"]),
        ("a cat flanked by a dog and a bird", ["cat between dog & bird"]),
        ("a dog can be seen beneath a chair", ["dog under chair"]),
        # Chains and relative clauses.
        ("a dog that is left of a cat", ["dog left of cat"]),
        ("a dog that is left of a cat is above a bird", ["dog left of cat", "dog above bird"]),
        ("a dog that is left of a cat that is above a bird", ["cat above bird", "dog left of cat"]),
        ("a circle left of a square, which is above a star", ["square above star", "circle left of square"]),
        ("a dog left of a cat and above a bird", ["dog left of cat", "dog above bird"]),
        ("a dog above and to the left of a cat", ["dog above cat", "dog left of cat"]),
        ("a dog near a cat. The cat is on a mat.", ["dog near cat", "cat on mat"]),
        ("sky over truck. truck near tree", ["sky above truck", "truck near tree"]),
        # Coreference.
        ("two dogs left of a cat. It is above a bird.", ["2 dog left of cat", "cat above bird"]),
        ("two dogs left of a cat. They are above a bird.", ["2 dog left of cat", "2 dog above bird"]),
        ("a dog and a cat, and a bird between them", ["bird between dog & cat"]),
        ("a dog and a cat, and a kite above them", ["kite above dog", "kite above cat"]),
        ("a dog, a dog, and a cat between the two dogs", ["cat between dog & dog"]),
        ("a dog and a cat next to each other", ["dog near cat"]),
        ("three men left of two children, and the men near a bus", ["3 man left of 2 child", "3 man near bus"]),
        # Frames.
        ("a cat on the dog's left", ["cat left of (own) dog"]),
        ("a cat on the left of the dog", ["cat left of dog"]),
        ("a dog with a cat to its right", ["cat right of (own) dog"]),
        ("A red cat. On its left is a blue dog.", ["blue dog left of (own) red cat"]),
        ("from the dog's point of view, a cat is left of the dog", ["cat left of (own) dog"]),
        ("from the viewer's side, a cat is left of a dog", ["cat left of dog"]),
        ("a cat left of a dog, as seen by the viewer", ["cat left of dog"]),
        # Negation.
        ("a dog isn't left of a cat", ["dog not left of cat"]),
        ("a dog that is not near a cat", ["dog not near cat"]),
        # Shared, and verbs of scene graphs.
        ("a circle and a square are left of a star", ["circle left of star", "square left of star"]),
        (
            "a red circle, a green cross, and two blue squares are left of a star",
            ["red circle left of star", "green cross left of star", "2 blue square left of star"],
        ),
        (
            "a cat, two dogs, and three birds are not near a car",
            ["cat not near car", "2 dog not near car", "3 bird not near car"],
        ),
        ("a cat and two dogs are near a car", ["cat near car", "2 dog near car"]),
        ("a cat, a dog, and a bird that is near a car", ["bird near car"]),
        ("a cat, a dog, and a bird is left of the dog", ["bird left of dog"]),
        ("a dog left of both a cat and a bird", ["dog left of cat", "dog left of bird"]),
        ("a man wearing a hat", ["man wearing hat"]),
        ("a cat sits on a mat", ["sitting cat on mat"]),
    ],
)
def test_relations_as_the_text_states_them(text: str, relations: list[str]) -> None:
    assert told(parse(text)) == relations


def test_laion_sg_triples_join_nodes_of_the_same_words() -> None:
    graph = parse(
        "white cold snow adjacent to reflective calm river; leafless slender trees growing near reflective calm river; "
        "white cold snow on top of stone arched bridge"
    )
    assert told(graph) == [
        "white cold snow adjacent to reflective calm river",
        "leafless slender trees growing near reflective calm river",
        "white cold snow on stone arched bridge",
    ]
    assert things(graph)[1:3] == [(1, "river", ("reflective", "calm")), (1, "trees", ("leafless", "slender"))]


def test_a_quality_at_the_end_of_a_list_is_of_all_of_it() -> None:
    assert things(parse("a cat and two dogs are red")) == [(1, "cat", ("red",)), (2, "dog", ("red",))]


def test_a_triple_may_deny() -> None:
    graph = parse("red circle not left of blue square; green star above blue square")
    assert told(graph) == ["red circle not left of blue square", "green star above blue square"]
    sayings = [("red circle", "left of", "blue square"), ("star", "above", "red circle")]
    stated = SceneGraph.from_triples(sayings)
    denied = tuple(relation.model_copy(update={"negated": True}) for relation in stated.relations)
    gold = SceneGraph(entities=stated.entities, relations=denied)
    assert parse(linearised(gold)) == gold


@pytest.mark.parametrize(
    ("text", "absent", "categories"),
    [
        ("no dog", ["dog"], []),
        ("a cat and no red hot dogs", ["hot dog"], ["cat"]),
        ("a room without chairs", ["chair"], ["room"]),
        ("a dog near a cat, and there is no bird", ["bird"], ["dog", "cat"]),
    ],
)
def test_what_is_not_there_is_read_but_is_no_part_of_the_graph(
    text: str, absent: list[str], categories: list[str]
) -> None:
    parsed = read(text)
    assert parsed.complete
    assert [reference.category for reference in parsed.absent] == absent
    assert [entity.category for entity in parsed.graph.entities] == categories
    with pytest.raises(ValueError, match=f"a scene graph cannot say 'no (red )?{absent[0]}'"):
        parse(text)
