"""When an edit counts as done, and when the rest counts as left alone."""

import pytest

from rlrig.bundled.lessons.edits import Edit
from rlrig.bundled.measuring.measure import fulfilled, preserved
from rlrig.instructions.sentences import recolour, remove
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import truth

STARS = tuple(
    Entity(id=f"s{n}", category="star", attributes=("yellow",), box=(x, 4.0, x + 12.0, 16.0), depth=float(n))
    for n, x in enumerate((2.0, 24.0, 46.0))
)
SQUARE = Entity(id="q", category="square", attributes=("blue",), box=(24.0, 44.0, 36.0, 56.0), depth=9.0)


def scene(*entities: Entity) -> SceneGraph:
    return SceneGraph(entities=entities)


REMOVAL = Edit(scene(*STARS, SQUARE), scene(*STARS[1:], SQUARE), remove("yellow star"), frozenset({"s0"}))


@pytest.mark.parametrize("gone", range(3))
def test_of_things_alike_any_may_go_when_one_is_to(gone: int) -> None:
    left = [star for n, star in enumerate(STARS) if n != gone]
    found = truth(scene(*left, SQUARE))
    assert fulfilled(REMOVAL, found)
    assert preserved(REMOVAL, found)


def test_more_than_one_of_them_may_not_and_nothing_else_may() -> None:
    assert not preserved(REMOVAL, truth(scene(STARS[0], SQUARE)))
    assert not preserved(REMOVAL, truth(scene(*STARS[1:])))
    assert not fulfilled(REMOVAL, truth(scene(*STARS, SQUARE)))
    assert preserved(REMOVAL, truth(scene(*STARS, SQUARE))), "what is not done spoils nothing"


def test_what_is_not_touched_stays_where_it_is() -> None:
    red = SQUARE.model_copy(update={"attributes": ("red",)})
    edit = Edit(scene(*STARS, SQUARE), scene(*STARS, red), recolour("blue square", "red"), frozenset({"q"}))
    moved = STARS[0].model_copy(update={"box": (2.0, 24.0, 14.0, 36.0)})
    assert preserved(edit, truth(scene(*STARS, red)))
    assert fulfilled(edit, truth(scene(*STARS, red)))
    assert not preserved(edit, truth(scene(moved, *STARS[1:], red)))
