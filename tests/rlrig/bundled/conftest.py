"""Staged scenes, that several rooms are tested on."""

import numpy as np
import pytest

from rlrig.bundled.lessons.variations import stage
from rlrig_eval.shapes import SEEN


@pytest.fixture(scope="module")
def staged():
    rng = np.random.default_rng(5)
    return [stage(rng, SEEN) for _ in range(40)]
