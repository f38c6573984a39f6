"""What a mend ends in: the prompt shown, with as much as may be where it is."""

import numpy as np
import pytest

from rlrig.bundled.lessons.nearest import nearest
from rlrig.bundled.lessons.relaid import middle
from rlrig.instructions.sentences import name
from rlrig_eval.scene import Entity, SceneGraph, check, parse
from rlrig_eval.shapes import truth

RNG = np.random.default_rng(0)


def thing(number: str, words: str, x: float, y: float, extent: float = 14.0, depth: float = 1.0) -> Entity:
    colour, shape = words.split()
    half = extent / 2
    box = (x - half, y - half, x + half, y + half)
    return Entity(id=number, category=shape, attributes=(colour,), box=box, depth=depth)


def scene(*things: Entity) -> SceneGraph:
    return SceneGraph(entities=things)


PROMPT = parse("a red circle left of a blue square")
(RED, BLUE) = (entity.id for entity in PROMPT.entities)
IDEAL = SceneGraph(
    entities=(thing(RED, "red circle", 8, 8), thing(BLUE, "blue square", 56, 56)), relations=PROMPT.relations
)


def mended(spoilt: SceneGraph, moved: str | None = None) -> dict[str, Entity]:
    found = nearest(RNG, PROMPT, spoilt, IDEAL, moved)
    assert all(check(PROMPT.requirements(), truth(found)).values())
    return {entity.id: entity for entity in found.entities}


@pytest.mark.parametrize(("moved", "still"), [("red circle", BLUE), ("blue square", RED)])
def test_what_is_told_to_move_moves_and_the_other_stays(moved: str, still: str) -> None:
    spoilt = scene(thing(RED, "red circle", 32, 24), thing(BLUE, "blue square", 32, 48))
    found = mended(spoilt, moved)
    assert found[still].box == spoilt.entity(still).box
    (other,) = set(found) - {still}
    assert name(found[other]) == moved
    (x, y), (was_x, was_y) = middle(found[other]), middle(spoilt.entity(other))
    assert (abs(x - was_x), abs(y - was_y)) == (24, 0), "to the nearest place of the grid that clearly will do"


def test_what_moves_keeps_the_size_that_it_came_out_in() -> None:
    spoilt = scene(thing(RED, "red circle", 48, 16, extent=24), thing(BLUE, "blue square", 48, 48))
    x0, _, x1, _ = mended(spoilt, "red circle")[RED].box or (0, 0, 0, 0)
    assert x1 - x0 == 24


def test_of_two_alike_that_one_goes_without_which_the_prompt_is_shown() -> None:
    spoilt = scene(
        thing(RED, "red circle", 56, 8), thing(BLUE, "blue square", 40, 40), thing("more", "red circle", 16, 32)
    )
    assert mended(spoilt)[RED].box == spoilt.entity("more").box


@pytest.mark.parametrize(
    ("more", "goes"),
    [
        (thing("more", "red circle", 16, 8, extent=24), RED),  # the smaller one
        (thing("more", "red circle", 16, 32), RED),  # of one size, the one farther from the middle
        (thing("more", "red circle", 8, 56), "more"),
    ],
)
def test_a_rule_says_which_of_two_goes_where_either_may(more: Entity, goes: str) -> None:
    spoilt = scene(thing(RED, "red circle", 16, 56), thing(BLUE, "blue square", 48, 32), more)
    (gone,) = {e.box for e in spoilt.entities} - {e.box for e in mended(spoilt).values()}
    assert gone == spoilt.entity(goes).box


def test_what_is_missing_comes_as_large_as_what_it_is_placed_by_and_near_it() -> None:
    spoilt = scene(thing(BLUE, "blue square", 48, 24, extent=24))
    found = mended(spoilt)
    x0, _, x1, _ = found[RED].box or (0, 0, 0, 0)
    assert x1 - x0 == 24
    assert abs(middle(found[RED])[1] - 24) <= 8


def test_what_looks_wrong_is_put_right_where_it_stands() -> None:
    spoilt = scene(thing(RED, "black circle", 16, 16), thing(BLUE, "blue square", 48, 48))
    found = mended(spoilt)
    assert (found[RED].attributes[-1], found[RED].box) == ("red", spoilt.entity(RED).box)
