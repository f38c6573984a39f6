"""English as `parse` reads it, construction by construction."""

from __future__ import annotations

import pytest

from rlrig_eval import shapes
from rlrig_eval.scene import ParseError, SceneGraph, check, parse
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
        ("a tall tree and a long, thin bench", [(1, "tree", ("tall",)), (1, "bench", ("long", "thin"))]),
        ("two dogs and one black dog", [(2, "dog", ()), (1, "dog", ("black",))]),
        ("two red circles, one blue circle", [(2, "circle", ("red",)), (1, "circle", ("blue",))]),
        ("a man sitting", [(1, "man", ("sitting",))]),
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
        ("in front of the house stands a tree", ["tree in front of house"]),
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
        # A posture before a place is part of the relation; on its own, or before anything else, it is an attribute.
        ("a cat sits on a mat", ["cat on mat"]),
        ("a red circle sitting above a blue square", ["red circle above blue square"]),
        ("a cup and a plate standing on a table", ["cup on table", "plate on table"]),
        ("a circle that is hanging above a square", ["circle above square"]),
        ("a cat lying to the dog's left", ["cat left of (own) dog"]),
        ("a cat is sitting. It is near a dog.", ["sitting cat near dog"]),
        ("a man sitting with a dog", ["sitting man with dog"]),
        ("a dog is running behind a cat", ["running dog behind cat"]),
        ("a dog left of a cat and running above a bird", ["running dog left of cat", "running dog above bird"]),
        # How closely a relation holds.
        ("a circle directly above a square", ["circle above square"]),
        ("a circle is just below a square", ["circle below square"]),
        ("a dog right in front of a cat", ["dog in front of cat"]),
        ("a circle immediately to the left of a square", ["circle left of square"]),
        ("a circle partially in front of a square", ["circle in front of square"]),
        ("directly above a square, a circle", ["circle above square"]),
        # What a thing has, and where it is to that thing.
        ("a table with two cups and a plate on it", ["2 cup on table", "plate on table"]),
        ("a table has a cup, a plate, and a fork on it", ["cup on table", "plate on table", "fork on table"]),
        ("a table with two cups and a plate that are on it", ["2 cup on table", "plate on table"]),
        ("a square with a circle above it and a star below it", ["circle above square", "star below square"]),
        (
            "a star with a circle to its left and a square to its right",
            ["circle left of (own) star", "square right of (own) star"],
        ),
        ("a square with a circle above it and a star below the circle", ["circle above square", "star below circle"]),
        ("a bowl with an apple inside", ["apple inside bowl"]),
        ("a house with a tree behind and a car in front", ["tree behind house", "car in front of house"]),
        ("a table with a lamp on top", ["lamp on table"]),
        # A comma takes up what met before.
        ("two circles, both above a square", ["2 circle above square"]),
        ("a dog and a cat, both left of a bird", ["dog left of bird", "cat left of bird"]),
        ("a red circle, left of a blue square", ["red circle left of blue square"]),
        ("a circle, left of a square and above a star", ["circle left of square", "circle above star"]),
        ("a red circle and a blue square, with the circle above the square", ["red circle above blue square"]),
        # A verb at the end is of the subject.
        ("the circle below the square is red", ["red circle below square"]),
        ("the circle below the square is left of a star", ["circle below square", "circle left of star"]),
        ("a dog and a cat near a bird are red", ["red dog near bird", "red cat near bird"]),
        # The same relation again is of the thing just named.
        ("a dog above a cat above a mouse", ["cat above mouse", "dog above cat"]),
        ("a cup on a book on a table", ["book on table", "cup on book"]),
        ("a circle to the left of, and above, a square", ["circle left of square", "circle above square"]),
        ("a circle in the middle of two squares", ["circle between 2 square & 2 square"]),
        ("only two dogs left of a cat", ["2 dog left of cat"]),
        ("two dogs left of one dog", ["2 dog left of dog"]),
        ("two red circles and one circle above a square", ["2 red circle above square", "circle above square"]),
        ("a circle not left of or above a square", ["circle not left of square", "circle not above square"]),
        ("a circle is neither left of nor above a square", ["circle not left of square", "circle not above square"]),
        ("a circle does not touch a square", ["circle not touching square"]),
        ("a dog with a cat not on it", ["cat not on dog"]),
    ],
)
def test_relations_as_the_text_states_them(text: str, relations: list[str]) -> None:
    assert told(parse(text)) == relations


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # Part of a group, or another?
        ("a square and two circles, one circle above the square", "'one circle' could be of those before"),
        ("three dogs. Two dogs are left of a cat.", "'two dogs' could be of those before"),
        ("two circles, one red circle above a square", "'one red circle' could be of those before"),
        # Denied, and it is not said what.
        ("a circle not directly above a square", "unclear what 'not directly above' denies"),
        ("a circle not left of and above a square", "unclear what 'not left of' denies"),
        ("a circle neither left of a square", "unclear what 'not left of' denies"),
        ("a dog not with a cat on it", "unclear what 'not with a cat on it' denies"),
        ("red circle not directly above blue square; star above moon", "unclear what"),
        ("a circle is not sitting above a square", "expected a relation"),
        ("a circle left of or above a square", "expected a thing"),
        ("a circle partially inside a square", "'a circle partially'"),
        ("a circle almost above a square", "'a circle almost'"),
        ("far above a square, a circle", "expected a thing"),
        # Who has it, or where it is, is left open.
        ("a table with two cups, and a plate on it", "unclear whether all of 'with two cups , and a plate' is meant"),
        ("a table with two cups and a plate that is on it", "unclear whether all of"),
        ("two bowls with an apple inside", "cannot read 'inside'"),
        ("a bowl with an apple inside a box", "cannot read 'inside a box'"),
        ("a dog with a cat behind and above a car", "cannot read 'behind and above a car'"),
        # Of whom is it said?
        ("three circles, both above a square", "'both above a square'"),
        ("two circles near a star, both above a square", "'both above a square'"),
        ("a red circle, left of a blue square, a star", "unclear what 'left of a blue square' is said of"),
        ("a dog, a cat, left of a bird", "unclear what 'left of a bird' is said of"),
        ("a dog near a cat, left of a bird", "unclear what 'left of a bird' is said of"),
        ("a dog, sitting left of a cat", "'sitting left of a cat'"),
        ("a red circle and a blue circle, with the circle above a square", "'the circle' could mean 2 things"),
        ("a red circle and a blue square, with the star above the square", "'above the square'"),
        ("a circle near two squares are red", "'are red'"),
        ("a circle below a square that is above a star is red", "'is red'"),
        ("a dog near a cat near a mouse", "'near a mouse'"),
        ("a dog not above a cat above a mouse", "'above a mouse'"),
        ("a dog above a cat above a mouse and left of a bird", "belong to"),
        ("a circle in the middle of a square", "needs other things"),
        ("only a dog left of a cat", "expected a thing"),
    ],
)
def test_near_misses_stay_refused(text: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert words in str(caught.value)


def test_a_posture_before_a_place_is_nothing_that_a_drawing_must_show() -> None:
    graph = parse("a red circle sitting above a blue square")
    assert all(check(graph.requirements(), shapes.read(shapes.draw(graph))).values())


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
