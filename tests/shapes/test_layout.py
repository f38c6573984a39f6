"""A layout makes every stated relation true with margin, or says that it cannot."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from rlrig_eval.scene import SceneGraph, check
from rlrig_eval.scene.geometry import (
    CONTAINED,
    OCCLUDED,
    between_margin,
    containment,
    occlusion,
    outline_gap,
    pair_margins,
)
from rlrig_eval.shapes import CANVAS, CLEAR, NEAT, LayoutError, layout, truth
from rlrig_eval.shapes.constraints import MARGIN
from rlrig_eval.shapes.draw import silhouette
from rlrig_eval.shapes.occlusion import contacts, nests, offsets
from rlrig_eval.shapes.vocabulary import CONTAINERS, LARGE, SHAPES, SMALL
from tests.shapes.scenes import said

PAIRWISE = ("left of", "right of", "above", "below", "near", "far from", "bigger than", "smaller than")
OVERLAPPING = ("inside", "around", "in front of", "behind")
SCENES = {
    **{p: said(("a", p, "b"), a="red circle", b="blue square") for p in (*PAIRWISE, *OVERLAPPING)},
    **{f"not {p}": said(("a", f"not {p}", "b"), a="red circle", b="blue square") for p in (*PAIRWISE, "inside")},
    "between": said(("a", "between", "b and c"), a="red circle", b="blue square", c="green star"),
    "between two alike": said(("a", "between", "b and b"), a="red circle", b="2 blue square"),
    "group": said(("a", "above", "b"), a="3 yellow star", b="black cross"),
    "ordering": said(("a", "left of", "b"), ("b", "left of", "c"), a="red star", b="blue ring", c="green circle"),
    "hops": said(
        *(("a", "above", "b"), ("b", "near", "c"), ("c", "not left of", "a")),
        **{"a": "red star", "b": "blue ring", "c": "green circle"},
    ),
    "sizes": said(("a", "right of", "b"), a="large red circle", b="small red circle"),
    "touching": said(("a", "touching", "b"), a="red circle", b="blue triangle"),
    "touching in a chain": said(
        *(("a", "touching", "b"), ("b", "touching", "c"), ("a", "not touching", "c")),
        **{"a": "red star", "b": "blue ring", "c": "green cross"},
    ),
    "not touching": said(("a", "near", "b"), ("a", "not touching", "b"), a="red circle", b="blue square"),
    "nothing said": said(a="red circle", b="red circle", c="blue ring", d="green star"),
}


def laid(graph: SceneGraph, seed: int) -> SceneGraph:
    return layout(graph, np.random.default_rng(seed))


@pytest.mark.parametrize("graph", SCENES.values(), ids=SCENES)
def test_everything_stated_holds_in_the_truth_of_the_layout(graph: SceneGraph) -> None:
    requirements = graph.requirements()
    for seed in range(6):
        verdicts = check(requirements, truth(laid(graph, seed)))
        assert all(verdicts.values()), [r.statement() for r in requirements if not verdicts[r.id]]


@pytest.mark.parametrize("graph", SCENES.values(), ids=SCENES)
def test_every_pair_keeps_its_margin(graph: SceneGraph) -> None:
    for seed in range(4):
        boxes = [np.asarray(entity.box) for entity in laid(graph, seed).entities]
        margins = [m for a, b in combinations(boxes, 2) for m in pair_margins(a, b, CANVAS).values()]
        assert all(abs(margin) >= MARGIN for margin in margins)


CROWDED = {
    "counted chain": said(
        *(("a", "above", "b"), ("b", "left of", "c"), ("a", "right of", "c")),
        **{"a": "2 red circle", "b": "blue square", "c": "green star"},
    ),
    "counted diagonal": said(
        *(("a", "left of", "b"), ("b", "left of", "c"), ("a", "below", "c")),
        **{"a": "2 red circle", "b": "blue square", "c": "green star"},
    ),
    "between": said(("a", "between", "b and c"), ("b", "below", "c"), a="red circle", b="blue square", c="green star"),
}


@pytest.mark.parametrize("graph", CROWDED.values(), ids=CROWDED)
def test_foresight_finds_what_leaves_little_room(graph: SceneGraph) -> None:
    for seed in range(6):
        found = layout(graph, np.random.default_rng(seed), attempts=0, foresight=60)
        assert all(check(graph.requirements(), truth(found)).values())


@pytest.mark.parametrize("graph", SCENES.values(), ids=SCENES)
def test_foresight_changes_nothing_that_is_found_without(graph: SceneGraph) -> None:
    assert layout(graph, np.random.default_rng(1), foresight=30) == laid(graph, 1)


@pytest.mark.parametrize("graph", SCENES.values(), ids=SCENES)
def test_foresight_alone_keeps_every_margin(graph: SceneGraph) -> None:
    found = layout(graph, np.random.default_rng(2), attempts=0, foresight=30)
    boxes = [np.asarray(entity.box) for entity in found.entities]
    margins = [m for a, b in combinations(boxes, 2) for m in pair_margins(a, b, CANVAS).values()]
    assert all(abs(margin) >= MARGIN for margin in margins)
    assert all(check(graph.requirements(), truth(found)).values())


def test_a_group_becomes_instances() -> None:
    assert [entity.id for entity in laid(SCENES["group"], 0).entities] == ["a#1", "a#2", "a#3", "b"]


def test_the_same_generator_state_is_the_same_layout() -> None:
    assert laid(SCENES["hops"], 5) == laid(SCENES["hops"], 5) != laid(SCENES["hops"], 6)


@pytest.mark.parametrize(
    "graph",
    [
        said(("a", "left of", "b"), ("b", "left of", "a"), a="red circle", b="blue square"),
        said(("a", "bigger than", "b"), a="small red circle", b="large blue square"),
        said(("a", "inside", "b"), a="red circle", b="blue star"),
        said(("a", "touching", "b"), ("a", "far from", "b"), a="red circle", b="blue star"),
        said(("a", "touching", "b"), ("a", "inside", "b"), a="red circle", b="blue square"),
        said(
            *(("a", "left of", "b"), ("b", "left of", "c"), ("c", "left of", "a")),
            **{"a": "red star", "b": "blue ring", "c": "red cross"},
        ),
    ],
    ids=["contradiction", "sizes", "no container", "touching from afar", "touching from within", "circle"],
)
def test_what_cannot_be_is_an_error(graph: SceneGraph) -> None:
    with pytest.raises(LayoutError, match="no layout found"):
        layout(graph, np.random.default_rng(0), attempts=5)


@pytest.mark.parametrize(
    ("graph", "word"),
    [
        (said(("a", "on", "b"), a="red circle", b="blue square"), "'on'"),
        (said(("a", "inside", "b"), a="red dog", b="blue square"), "'dog'"),
        (said(("a", "touching", "b"), a="red circle", b="blue dog"), "'dog'"),
    ],
)
def test_what_this_world_has_not_is_named(graph: SceneGraph, word: str) -> None:
    with pytest.raises(LayoutError, match=word):
        layout(graph, np.random.default_rng(0))


def test_fixed_things_stay_and_the_rest_is_placed_around_them() -> None:
    graph = said(("a", "left of", "b"), ("c", "above", "b"), a="red circle", b="blue square", c="green star")
    before = {entity.id: entity for entity in laid(graph, 3).entities}
    fixed = {name: before[name] for name in ("a", "b")}
    again = layout(graph, np.random.default_rng(4), fixed=fixed)
    assert {e.id: (e.box, e.depth) for e in again.entities if e.id in fixed} == {
        name: (entity.box, entity.depth) for name, entity in fixed.items()
    }
    assert all(check(graph.requirements(), truth(again)).values())


@pytest.mark.parametrize("outer", CONTAINERS)
@pytest.mark.parametrize("inner", SHAPES)
def test_what_nests_lies_within(inner: str, outer: str) -> None:
    steps = nests(inner, SMALL[0], outer, LARGE[-1])
    assert len(steps)
    around = silhouette(outer, (10, 10, 10 + LARGE[-1], 10 + LARGE[-1]))
    for dx, dy in steps:
        within = silhouette(inner, (10 + dx, 10 + dy, 10 + dx + SMALL[0], 10 + dy + SMALL[0]))
        assert containment(within, around) >= CONTAINED


@pytest.mark.parametrize("still", SHAPES)
@pytest.mark.parametrize("moving", SHAPES)
def test_what_is_in_contact_touches_and_hides_nothing(moving: str, still: str) -> None:
    steps = contacts(moving, SMALL[0], still, LARGE[0])
    assert len(steps)
    other = silhouette(still, (20, 20, 20 + LARGE[0], 20 + LARGE[0]))
    for dx, dy in steps[::7]:
        one = silhouette(moving, (20 + dx, 20 + dy, 20 + dx + SMALL[0], 20 + dy + SMALL[0]))
        assert outline_gap(one, other) == 0
        assert not (one.filled & other.filled).any()


@pytest.mark.parametrize("farther", SHAPES)
def test_what_stands_in_front_hides_a_part_that_can_be_told(farther: str) -> None:
    steps = offsets("square", SMALL[1], farther, SMALL[1])
    assert len(steps)
    back = silhouette(farther, (20, 20, 20 + SMALL[1], 20 + SMALL[1]))
    for dx, dy in steps:
        front = silhouette("square", (20 + dx, 20 + dy, 20 + dx + SMALL[1], 20 + dy + SMALL[1]))
        assert OCCLUDED[0] < occlusion(front, back) < OCCLUDED[1]


def test_what_shall_stand_near_a_point_takes_the_nearest_place_that_will_do() -> None:
    graph = said(("a", "left of", "b"), a="red circle", b="blue square")
    rng = np.random.default_rng(0)
    square = next(e for e in graph.entities if e.category == "square")
    fixed = {square.id: square.model_copy(update={"box": (33.0, 25.0, 47.0, 39.0), "depth": 0.0})}
    circle = next(e for e in graph.entities if e.category == "circle").model_copy(
        update={"attributes": ("small", "red")}
    )
    graph = graph.model_copy(update={"entities": (circle, square)})
    for point in ((16.0, 32.0), (8.0, 56.0), (60.0, 8.0)):
        found = layout(graph, rng, fixed=fixed, placement=NEAT, near={circle.id: point}).entity(circle.id).box
        centres = [(x, y) for x in range(8, 64, 8) for y in range(8, 64, 8)]
        others = [layout(graph, rng, fixed=fixed, placement=NEAT).entity(circle.id).box for _ in range(30)]
        away = [np.hypot((b[0] + b[2]) / 2 - point[0], (b[1] + b[3]) / 2 - point[1]) for b in (found, *others) if b]
        assert away[0] == min(away)
        assert ((found[0] + found[2]) / 2, (found[1] + found[3]) / 2) in centres


@pytest.mark.parametrize("name", ["left of", "far from", "bigger than", "between"])
def test_in_a_clear_placement_what_is_stated_holds_by_some_pixels(name: str) -> None:
    for seed in range(20):
        found = layout(SCENES[name], np.random.default_rng(seed), placement=CLEAR)
        boxes = [np.array(entity.box) for entity in found.entities]
        margin = between_margin(*boxes, CANVAS) if name == "between" else pair_margins(*boxes, CANVAS)[name]
        assert margin > CLEAR.clear
