"""The film strip of a picture's rounds: its title stands whole above them, however long the prompt is."""

import numpy as np
import pytest
from PIL import Image

from rlrig.filmstrip import film_strip
from rlrig.trace import Calls, Round, Trace

DRAWN = Round(index=0, action="draw", probabilities={"r0": 0.9}, reward=1.0, seconds=0.1)
TRACE = Trace(threshold=0.5, rounds=(DRAWN,), chosen=0, stopped="satisfied", calls=Calls(images=1, vlm_calls=1))
PICTURE = Image.new("RGB", (64, 64), "red")
PROMPT = "a green star between a yellow triangle and a purple triangle"


@pytest.mark.parametrize("times", [1, 3, 6])
def test_a_long_title_goes_on_in_another_line_and_never_beyond_the_edge(times: int) -> None:
    strip = film_strip([PICTURE], TRACE, ", and ".join([PROMPT] * times))
    pixels = np.asarray(strip.convert("L"))
    assert (pixels[:, -6:] == 255).all(), "nothing runs into the right margin"
    assert strip.height >= film_strip([PICTURE], TRACE, "a star").height + 20 * (times - 1)


def test_the_pictures_stand_below_the_title() -> None:
    strip = film_strip([PICTURE], TRACE, ", and ".join([PROMPT] * 4))
    red = (np.asarray(strip) == (255, 0, 0)).all(-1)
    assert red.sum() == 192 * 192  # a frame's side in pixels
