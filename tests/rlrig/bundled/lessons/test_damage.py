"""Damaged pictures: other ones, of the same kind."""

import numpy as np

from rlrig.bundled.lessons.damage import damaged
from rlrig_eval.shapes import render


def test_damage_keeps_size_and_mode(staged):
    rng = np.random.default_rng(0)
    image = render(staged[0].scene)
    found = [damaged(rng, image, share=1.0) for _ in range(20)]
    assert {(picture.size, picture.mode) for picture in found} == {((64, 64), "RGB")}
    assert all(picture.tobytes() != image.tobytes() for picture in found)
