"""Seeds as a pure function of where they are used, so that a resumed run draws what an undisturbed one draws."""

import numpy as np


def derive(*parts: int) -> int:
    """A seed in [0, 2**63) of non-negative integers, e.g. run seed, step, group, member.

    >>> derive(0, 1) == derive(0, 1), derive(0, 1) == derive(1, 0)
    (True, False)
    >>> derive(5) == derive(5, 0)  # SeedSequence alone pads with zeros
    False
    """
    return int(np.random.SeedSequence([len(parts), *parts]).generate_state(1, np.uint64)[0] >> np.uint64(1))
