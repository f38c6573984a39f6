"""Flag values that are more than a word or a number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from rlrig_eval.errors import UsageError

if TYPE_CHECKING:
    from rlrig_eval.runs.plan import Shard


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
