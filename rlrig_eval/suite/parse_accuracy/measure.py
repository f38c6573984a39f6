"""Accuracy by group, and speed."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rlrig_eval.scene.parse import read_all
from rlrig_eval.suite.parse_accuracy.cases import Case, exact

MOST_EXAMPLES = 2  # of a group
_ROUNDS = 3


def accuracy(cases: Iterable[Case]) -> dict[str, Any]:
    """How many cases were read exactly, over all and by group; `wrong` counts those that were misread unawares."""
    cases = list(cases)
    by_group: dict[str, dict[str, int]] = {}
    missed_by_group: Counter[str] = Counter()
    misses: list[dict[str, str]] = []
    for case, parsed in zip(cases, read_all(case.text for case in cases), strict=True):
        right = exact(case, parsed)
        row = by_group.setdefault(case.group, {"prompts": 0, "exact": 0, "wrong": 0})
        row["prompts"] += 1
        row["exact"] += right
        row["wrong"] += parsed.complete and not right
        if not right:
            why = parsed.unparsed[0].why if parsed.unparsed else "read as another graph"
            if missed_by_group[case.group] < MOST_EXAMPLES:
                misses.append({"group": case.group, "text": case.text, "why": why})
            missed_by_group[case.group] += 1
    total = {key: sum(row[key] for row in by_group.values()) for key in ("prompts", "exact", "wrong")}
    return {"all": total, "groups": by_group, "misses": misses, "missed": missed_by_group.total()}


def refusals(cases: Iterable[Case]) -> dict[str, Any]:
    """How many texts, each with something that cannot be known, were said not to be understood in full."""
    cases = list(cases)
    by_group: dict[str, dict[str, int]] = {}
    accepted: list[str] = []
    for case, parsed in zip(cases, read_all(case.text for case in cases), strict=True):
        row = by_group.setdefault(case.group, {"prompts": 0, "named": 0})
        row["prompts"] += 1
        row["named"] += not parsed.complete
        if parsed.complete:
            accepted.append(case.text)
    return {"groups": by_group, "accepted": accepted[:MOST_EXAMPLES]}


def speed(texts: Sequence[str]) -> dict[str, float | int]:
    """Prompts a second of processor time in one batch, the best of a few rounds, after one to warm up.

    Processor time, because the machine may be busy with other work; neighbours on the same core slow it even so,
    which is why the best round counts.
    """
    seconds = []
    for _ in range(_ROUNDS + 1):
        began = time.process_time()
        for _parsed in read_all(texts):
            pass
        seconds.append(time.process_time() - began)
    return {
        "prompts": len(texts),
        "rounds": _ROUNDS,
        "prompts_per_cpu_second": round(len(texts) / min(seconds[1:])),
        "slowest_round": round(len(texts) / max(seconds[1:])),
    }
