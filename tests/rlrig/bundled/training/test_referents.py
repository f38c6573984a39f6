"""Where the things are that a sentence names, and the head that learns it."""

import torch

from rlrig.bundled.training.referents import BINS, NOWHERE, STEP, UNKNOWN, PlaceHead, picture_places, places
from rlrig_eval.scene import Entity, SceneGraph
from tests.rlrig.bundled.training.heads import losses


def thing(name: str, colour: str, shape: str, x: float, y: float, extent: float) -> Entity:
    return Entity(id=name, category=shape, attributes=(colour,), box=(x, y, x + extent, y + extent))


SCENE = SceneGraph(
    entities=(
        thing("a", "red", "ring", 0, 8, 20),
        thing("b", "blue", "ring", 40, 8, 20),
        thing("c", "blue", "star", 30, 40, 12),
    )
)


def test_a_noun_is_placed_where_its_adjectives_pick_out_one_thing() -> None:
    words = ["is the", "red", "ring", "left of", "the", "blue", "star", "?"]
    assert places(words, SCENE) == [NOWHERE, NOWHERE, (5, 9, 10), NOWHERE, NOWHERE, NOWHERE, (18, 23, 6), NOWHERE]


def test_a_noun_for_two_things_for_none_or_for_many_is_placed_nowhere() -> None:
    assert places(["ring"], SCENE) == [NOWHERE]
    assert places(["green", "star"], SCENE) == [NOWHERE, NOWHERE]
    assert places(["two", "blue", "rings"], SCENE) == [NOWHERE] * 3


def test_an_adjective_of_another_noun_does_not_count() -> None:
    assert places(["red", "and", "star"], SCENE)[2] == (18, 23, 6)


def test_picture_tokens_lie_row_by_row() -> None:
    found = picture_places(64)
    assert found[0] == (2, 2, UNKNOWN)
    assert found[1] == (6, 2, UNKNOWN)
    assert found[8] == (2, 6, UNKNOWN)
    assert found[-1] == (30, 30, UNKNOWN)
    assert 0 <= max(x for x, _, _ in found) * STEP < BINS * STEP


def test_the_head_learns_places_and_is_silent_where_there_are_none() -> None:
    torch.manual_seed(0)
    hidden, where, head = torch.randn(12, 32), torch.randint(BINS, (12, 3)), PlaceHead(32)
    where[:, 2] = UNKNOWN
    found = losses(head, hidden, where, steps=80, lr=3e-2)
    assert found[-1] < found[0] / 10
    assert float(head(hidden[:0], where[:0]).detach()) == 0
