"""Flag values that are more than a word or a number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from rlrig_eval.errors import UsageError

if TYPE_CHECKING:
    from rlrig_eval.runs.plan import Shard


def seeds(text: str) -> tuple[int, ...]:
    """
    >>> seeds("0-3"), seeds("0,5"), seeds("7")
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


def shard(text: str) -> Shard:
    """``i/n``, counted from 1."""
    from rlrig_eval.runs.plan import Shard

    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(f"--shard {text}: write i/n with i from 1 to n, as in 1/4")
    return Shard(int(match[1]), int(match[2]))


def judge(name: str | None, options: list[str]) -> tuple[str, dict[str, str]] | None:
    """A judge as it was asked for, with its `-J` options; None without one."""
    from rlrig_eval.plugins import pairs

    if name is None:
        if options:
            raise UsageError(f"-J {options[0]}: of which judge? give --judge NAME (`rlrig-eval list judges`)")
        return None
    return name, pairs(options, "-J")


def batch_size(text: str) -> int | Literal["auto"]:
    """A number of pictures, or ``auto``."""
    if text == "auto":
        return "auto"
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--batch-size {text}: a number from 1, or auto")
    return int(text)
