"""Seeds: those that a flag names, and of noise, a pure function of what is drawn, not of the order or the batch."""

import hashlib
import json
import re

from rlrig_eval.errors import UsageError


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


def read_seeds(text: str) -> tuple[int, ...]:
    """The protocol seeds of a flag; UsageError for what names none, or one twice.

    >>> read_seeds("0-3"), read_seeds("0,5"), read_seeds("7")
    ((0, 1, 2, 3), (0, 5), (7,))
    """
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if match is None:
            raise UsageError(f"--seeds {text}: write 0-3 (inclusive), 0,5 or 7")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first > 10_000:
            raise UsageError(f"--seeds {text}: {part} is no range of seeds")
        found += range(first, last + 1)
    if len(set(found)) != len(found):
        raise UsageError(f"--seeds {text}: a seed is named twice")
    return tuple(found)


def _digest(*parts: str | int) -> int:
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
