"""Peak memory of 100,000 calls of the `openai` judge, against that of 2,000: it must not grow with their number."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.judging import AT_ONCE, slow_server
from benchmarks.measure import Contest, Result, hold, running

CALLS, FEW = 100_000, 2_000
_OURS = str(Path(__file__).with_name("judge_calls.py"))


def run(calls: int = CALLS, few: int = FEW) -> list[Result]:
    """Each side is a process of its own, so that a peak is its own; the server answers at once.

    The ratio of processor time is that of the numbers of calls, and says nothing.
    """
    with slow_server(0.0) as url:
        many, some = (running(sys.executable, _OURS, url, str(count), str(AT_ONCE)) for count in (calls, few))
        about = f"peak memory of {calls:,} calls", f"{calls:,} calls", f"{few:,} calls"
        return [hold(Contest(*about, "call", calls, many, some), rounds=1)]
