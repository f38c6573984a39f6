"""Noise seeds: a pure function of what is drawn, never of the order or the batch in which it is drawn."""

import hashlib
import json


def noise_seed(suite: str, prompt_id: str, seed: int) -> int:
    """The seed of the first noise of one sample, in [0, 2**63).

    `suite` is the suite's name without version or split, so that a prompt keeps its noise when a suite grows.

    >>> noise_seed("spatial", "spatial-0001", 0) == noise_seed("spatial", "spatial-0001", 0)
    True
    >>> noise_seed("spatial", "spatial-0001", 0) == noise_seed("spatial", "spatial-0001", 1)
    False
    """
    return _digest(suite, prompt_id, seed)


def candidate_seed(base: int, k: int) -> int:
    """The seed of candidate (or round) `k` of a sample whose first noise is `base`: `base` itself for 0.

    >>> candidate_seed(5, 0), candidate_seed(5, 1) == candidate_seed(5, 2)
    (5, False)
    """
    return base if k == 0 else _digest(base, k)


def _digest(*parts: str | int) -> int:
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
