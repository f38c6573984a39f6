"""A scene painted as it would be seen: the same as `draw` paints it, and as soft as the picture it is held against."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from rlrig_eval.shapes import draw
from rlrig_eval.shapes.blends import PAINTS
from rlrig_eval.shapes.draw import coverage
from rlrig_eval.shapes.synthesis import Layer, clear, painted, view
from tests.shapes.scenes import scene, thing

BOXES = {"front": (10.0, 10.0, 24.0, 24.0), "back": (14.0, 12.0, 38.0, 36.0)}
SCENE = scene(thing("f", "red", "ring", BOXES["front"], 0), thing("b", "blue", "square", BOXES["back"], 1))
LAYERS: list[Layer] = [
    (PAINTS.index("red"), coverage("ring", BOXES["front"])),
    (PAINTS.index("blue"), coverage("square", BOXES["back"])),
]


def drawn(luma_and_chroma: float = 0.0) -> np.ndarray:
    pixels = np.asarray(draw(SCENE), dtype=float)
    return ndimage.gaussian_filter(pixels, luma_and_chroma, axes=(0, 1)) if luma_and_chroma else pixels


def test_what_is_painted_is_what_is_drawn() -> None:
    seen = view(drawn(), LAYERS)
    assert not seen.soft
    # `draw` rounds to whole grey levels, at four samples a pixel along each axis.
    assert np.abs(seen.off(painted(LAYERS))).max() < 2


@pytest.mark.parametrize("softness", [0.7, 1.2])
def test_a_view_is_as_soft_as_its_picture(softness: float) -> None:
    seen = view(drawn(softness), LAYERS)
    assert (seen.luma, seen.chroma) == (softness, softness)
    # The picture's blur ends at four standard deviations, the view's at three.
    assert np.abs(seen.off(painted(LAYERS))).max() < 4


def test_a_part_of_a_picture_is_off_by_what_the_whole_is_off_by_there() -> None:
    seen, other = view(drawn(1.2), LAYERS), painted(LAYERS[1:])
    inner = np.s_[6:34, 6:34]
    cut = np.s_[10:30, 10:30]  # within reach of a window's rim the window knows less
    assert seen.off(other[inner], inner)[4:24, 4:24] == pytest.approx(seen.off(other)[cut], abs=1e-3)


def test_layers_hide_what_lies_behind_them() -> None:
    assert np.array_equal(clear([]), np.ones((64, 64)))
    assert clear(LAYERS) == pytest.approx((1 - LAYERS[0][1]) * (1 - LAYERS[1][1]))
    assert np.array_equal(painted(LAYERS[:1], painted(LAYERS[1:])), painted(LAYERS))
