"""Pictures in which one thing is neither this nor that: what else they show is whole, and their truth is without it."""

import numpy as np
import pytest

from rlrig.bundled.lessons.broken import broken
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import SEEN, render, truth

RED = Entity(id="a", category="circle", attributes=("large", "red"), box=(4.0, 4.0, 24.0, 24.0), depth=0.0)
BLUE = Entity(id="b", category="square", attributes=("small", "blue"), box=(40.0, 40.0, 52.0, 52.0), depth=1.0)
SCENE = truth(SceneGraph(entities=(RED, BLUE)))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_broken_is_no_longer_in_the_truth_and_the_rest_is_whole(seed: int) -> None:
    picture, whole = broken(np.random.default_rng(seed), SCENE, SEEN) or pytest.fail("two things apart can be broken")
    (left,) = whole.entities
    assert left.id in ("a", "b")
    off = np.abs(np.asarray(picture, float) - np.asarray(render(SCENE), float)).sum(-1)
    x0, y0, x1, y1 = map(int, left.box or ())
    assert off[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4].sum() == 0, "what is whole is as it was, and the ground around it"
    # About half of the thing is of another colour, or one like it stands out of it by a third of the smaller or more:
    # 100 grey levels or more, all channels together.
    x0, y0, x1, y1 = map(int, (RED if left.id == "b" else BLUE).box or ())
    changed = off > 100
    within = changed[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3].sum()
    if changed.sum() > within:
        assert changed.sum() > 0.3 * 0.75 * 12**2
    else:
        assert 0.15 < within / ((x1 - x0) * (y1 - y0)) < 0.85


def test_now_and_then_a_thing_runs_into_another_like_it() -> None:
    seen = [broken(np.random.default_rng(seed), SCENE, SEEN) for seed in range(120)]
    marked = [np.asarray(picture, float) for picture, whole in filter(None, seen) if whole.entities[0].id == "b"]
    red = np.asarray(render(SceneGraph(entities=(RED,))), float)[14, 14]
    wider = [(np.abs(found - red).sum(-1) < 60).sum() > 340 for found in marked]  # the circle alone has some 314
    assert 0 < sum(wider) < len(wider) / 2


INNER = BLUE.model_copy(update={"box": (9.0, 9.0, 19.0, 19.0)})
OUTER = RED.model_copy(update={"box": (0.0, 0.0, 28.0, 28.0)})


@pytest.mark.parametrize("seed", range(12))
def test_what_lies_over_or_under_another_is_broken_with_it(seed: int) -> None:
    far = Entity(id="c", category="star", attributes=("large", "green"), box=(40.0, 40.0, 60.0, 60.0), depth=2.0)
    laid = truth(SceneGraph(entities=(OUTER, INNER, far)))
    picture, whole = broken(np.random.default_rng(seed), laid, SEEN) or pytest.fail("something is left in either case")
    if [entity.id for entity in whole.entities] == ["a", "b"]:
        return
    assert [entity.id for entity in whole.entities] == ["c"]
    off = np.abs(np.asarray(picture, float) - np.asarray(render(laid), float)).sum(-1)
    assert off[36:, 36:].sum() == 0, "the star is as it was"
    outer = np.ones((28, 28), bool)
    outer[9:19, 9:19] = False  # what the circle shows around the square
    assert 0.15 < (off[:28, :28] > 100)[outer].mean() < 0.85


def test_a_picture_of_which_nothing_would_be_left_is_left_whole() -> None:
    assert broken(np.random.default_rng(0), truth(SceneGraph(entities=(RED,))), SEEN) is None
    laid = truth(SceneGraph(entities=(OUTER, INNER)))
    assert any(relation.predicate == "inside" for relation in laid.relations)
    assert broken(np.random.default_rng(0), laid, SEEN) is None
