"""How a picture looks, whatever it shows: signs that a reward was bought with worse pictures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

EDGE = 24.0
"""Grey levels between neighbours."""


def edge_density(grey: NDArray[Any]) -> float:
    """The share of pixels that differ from the one to the right or below by more than EDGE; in [0, 1].

    Args:
        grey: (height, width), levels from 0 to 255.

    >>> edge_density(np.array([[0, 255, 255], [0, 255, 255], [0, 255, 255]]))
    0.5
    """
    levels = np.asarray(grey, dtype=float)
    across, down = np.abs(np.diff(levels, axis=1))[:-1], np.abs(np.diff(levels, axis=0))[:, :-1]
    return float((np.maximum(across, down) > EDGE).mean())


def colour_entropy(rgb: NDArray[Any]) -> float:
    """Bits of the histogram of colours in 4 x 4 x 4 bins; 0 for one colour, at most 6.

    Args:
        rgb: (height, width, 3), levels from 0 to 255.

    >>> colour_entropy(np.array([[[0, 0, 0], [255, 255, 255]]]))
    1.0
    """
    bins = np.asarray(rgb, dtype=int) // 64
    counts = np.bincount((bins @ np.array([16, 4, 1])).ravel(), minlength=64)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0
