"""Drawings show what the graph says: the right paint in the right place, the nearest on top, at any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rlrig_eval.shapes import PLAIN, LayoutError, Style, draw, render
from rlrig_eval.shapes.draw import coverage, silhouette
from rlrig_eval.shapes.vocabulary import COLOURS, GROUND, LARGE, SHAPES, SMALL
from tests.shapes.scenes import said, sampled, scene, thing

BOX = (10.0, 12.0, 34.0, 36.0)
MIDDLE = (22, 24)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=float)


@given(st.integers(16, 300))
@settings(max_examples=15, deadline=None)
def test_a_drawing_is_a_square_of_the_size_asked(size: int) -> None:
    image = draw(scene(thing("a", "red", "circle", BOX)), size=size)
    assert (image.mode, image.size) == ("RGB", (size, size))


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("shape", SHAPES)
def test_paint_and_ground_have_the_colours_of_the_world(shape: str, colour: str) -> None:
    image = draw(scene(thing("a", colour, shape, BOX)))
    painted = silhouette(shape, BOX).painted
    assert image.getpixel((0, 0)) == GROUND
    assert image.getpixel(MIDDLE) == (GROUND if shape == "ring" else COLOURS[colour])
    # Half a pixel of soft edge all around is neither; the inner three fifths of a thing are pure paint.
    assert (pixels(image)[painted] == COLOURS[colour]).all(-1).mean() > 0.6


@pytest.mark.parametrize("extent", [*SMALL, *LARGE])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_outline_touches_all_four_sides_of_its_box(shape: str, extent: int) -> None:
    paint = coverage(shape, (5, 7, 5 + extent, 7 + extent)) > 0
    ys, xs = np.nonzero(paint)
    assert (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) == (5, 7, 5 + extent, 7 + extent)


@pytest.mark.parametrize("shape", SHAPES)
def test_coverage_is_the_share_of_paint_that_the_drawing_shows(shape: str) -> None:
    share = coverage(shape, BOX)[..., None]
    expected = share * np.array(COLOURS["blue"]) + (1 - share) * np.array(GROUND)
    # Coverage and drawing are each rounded to a grey level.
    assert np.abs(pixels(draw(scene(thing("a", "blue", shape, BOX)))) - expected).max() <= 2


@pytest.mark.parametrize(("near", "far"), [("a", "b"), ("b", "a")])
def test_the_nearer_thing_is_on_top_whatever_the_order_of_the_graph(near: str, far: str) -> None:
    depth = {near: 0, far: 1}
    things = (thing("a", "red", "square", BOX, depth["a"]), thing("b", "blue", "square", BOX, depth["b"]))
    colour = {"a": "red", "b": "blue"}[near]
    assert draw(scene(*things)).getpixel(MIDDLE) == COLOURS[colour]
    assert draw(scene(*reversed(things))).getpixel(MIDDLE) == COLOURS[colour]


def test_one_looks_through_a_ring() -> None:
    image = draw(scene(thing("ring", "red", "ring", BOX, 0), thing("behind", "blue", "square", BOX, 1)))
    assert image.getpixel(MIDDLE) == COLOURS["blue"]


def test_a_larger_drawing_shows_the_same_picture() -> None:
    for graph in sampled(range(10)):
        small, large = draw(graph), draw(graph, size=256)
        shrunk = large.resize(small.size, Image.Resampling.BOX)
        # An edge may fall a quarter of a pixel elsewhere, so a pixel there may differ by that much; the rest may not.
        assert np.abs(pixels(small) - pixels(shrunk)).mean() < 1.5


def test_a_graph_without_boxes_is_laid_out_by_its_seed() -> None:
    graph = said(("a", "left of", "b"), a="red circle", b="blue square")
    first, again, other = (draw(graph, seed=seed).tobytes() for seed in (1, 1, 2))
    assert first == again != other


def test_a_style_changes_paint_and_ground_but_not_the_place_of_things() -> None:
    graph = scene(thing("a", "blue", "square", BOX))
    plain, styled = render(graph), render(graph, style=Style(tint=(-10, 0, -10), shade=(20, 0, 0), outline=1.0))
    assert render(graph, style=PLAIN).tobytes() == plain.tobytes()
    assert styled.getpixel((0, 0)) == (GROUND[0] - 10, GROUND[1], GROUND[2] - 10)
    assert styled.getpixel(MIDDLE) == (COLOURS["blue"][0] + 20, *COLOURS["blue"][1:])
    assert sum(styled.getpixel((22, 12))) < sum(plain.getpixel((22, 12)))  # the rim is darker


@pytest.mark.parametrize(
    ("graph", "complaint"),
    [
        (scene(thing("a", "red", "dog", BOX)), "no 'dog', only circle, square"),
        (scene(thing("a", "pink", "circle", BOX)), "none of the colours red, green"),
    ],
)
def test_words_that_the_world_does_not_know_are_named(graph, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        draw(graph)


def test_rendering_needs_boxes_and_says_so() -> None:
    with pytest.raises(ValueError, match="'a' has no box: lay the graph out first"):
        render(said(a="red circle"))


def test_a_graph_that_cannot_be_laid_out_cannot_be_drawn() -> None:
    with pytest.raises(LayoutError):
        draw(said(("a", "bigger than", "b"), a="small red circle", b="large blue square"))
