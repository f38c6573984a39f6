"""python judge_calls.py URL CALLS AT_ONCE: so many pictures judged by `openai`, one call each. Run as a process."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from PIL import Image

from rlrig_eval.judges import Budget, Task, Verdict, build, resolve


def judge(url: str, calls: int, at_once: int) -> int:
    """The number of pictures that got a verdict, through rubric, budget and the sharing of equal requests."""
    options = {"model": "slow", "base_url": url, "concurrency": at_once, "timeout": 60.0, "cache": "off"}
    spec = resolve("openai", options | {"rubric": "vqascore"})
    found = build(spec, Budget(max_calls=calls)).verdicts(pictures(calls))
    return sum(isinstance(one, Verdict) for one in found)


def pictures(count: int) -> Iterator[Task]:
    """Pictures that all differ, so that none is answered for another."""
    for number in range(count):
        colour = (number % 256, number // 256 % 256, number // 65_536)
        yield Task(Image.new("RGB", (64, 64), colour), "a red circle", ())


if __name__ == "__main__":
    server, calls, at_once = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.exit(judge(server, calls, at_once) != calls)
