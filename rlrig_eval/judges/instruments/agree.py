"""A judge beside what others say of the same pictures: an extractor, another judge, people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlrig_eval.judges.instruments.hearing import Case, Heard, Item, kinds
from rlrig_eval.stats.agreement import agreement


@dataclass(frozen=True)
class Truth:
    """Answers to hold a judge against, by (sample, requirement). `zeroed`: children of failed parents fail in it."""

    name: str
    answers: Mapping[Item, bool]
    zeroed: bool


def agreements(heard: Heard, truth: Truth, cases: Sequence[Case]) -> dict[str, Any]:
    """Agreement and Cohen's kappa over all questions, and by kind and relation, with intervals over groups.

    `says_yes` are the shares of yes of the judge and of the truth: kappa is low where either is near 0 or 1.
    """
    mine = heard.zeroed if truth.zeroed else heard.said
    groups = {case.sample: case.group for case in cases}
    shared = {item: what for item, what in kinds(cases).items() if item in mine and item in truth.answers}
    by_kind: dict[str, list[Item]] = {}
    for item, what in shared.items():
        by_kind.setdefault(what, []).append(item)

    def of(items: Sequence[Item]) -> dict[str, Any]:
        a, b = [mine[item] for item in items], [truth.answers[item] for item in items]
        found = agreement(a, b, [groups[sample] for sample, _ in items]).as_dict()
        return found | {"says_yes": [sum(a) / len(a), sum(b) / len(b)] if items else None}

    return {"with": truth.name, "all": of(list(shared)), "by_kind": {k: of(v) for k, v in sorted(by_kind.items())}}
