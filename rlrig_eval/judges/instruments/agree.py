"""A judge beside what others say of the same pictures: an extractor, another judge, people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rlrig_eval.judges.instruments.hearing import Case, Heard, Item, kinds
from rlrig_eval.stats.agreement import agreement, fleiss_kappa


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

    def of(items: Sequence[Item]) -> dict[str, Any]:
        a, b = [mine[item] for item in items], [truth.answers[item] for item in items]
        found = agreement(a, b, [groups[sample] for sample, _ in items]).as_dict()
        return found | {"says_yes": [sum(a) / len(a), sum(b) / len(b)] if items else None}

    return {"with": truth.name, **_all_and_by_kind(shared, of)}


def unanimity(voices: Mapping[str, Mapping[Item, bool]], cases: Sequence[Case]) -> dict[str, Any] | None:
    """Several judges on the questions that all of them answered: Fleiss' kappa, and the share of questions on
    which they all say the same; None with fewer than two judges.
    """
    if len(voices) < 2:
        return None
    shared = {item: what for item, what in kinds(cases).items() if all(item in said for said in voices.values())}

    def of(items: Sequence[Item]) -> dict[str, Any]:
        yes = [sum(said[item] for said in voices.values()) for item in items]
        alike = sum(count in (0, len(voices)) for count in yes)
        kappa = fleiss_kappa([[count, len(voices) - count] for count in yes])
        return {"fleiss_kappa": kappa, "unanimous": alike / len(items) if items else None, "n": len(items)}

    return {"judges": sorted(voices), **_all_and_by_kind(shared, of)}


@dataclass(frozen=True)
class Hearing:
    """What a judge said of a run's pictures, and what else was said of them."""

    cases: Sequence[Case]
    heard: Heard
    truths: Sequence[Truth]


def together(hearings: Mapping[str, Hearing]) -> list[dict[str, Any]]:
    """`agreements` over several runs at once, with every truth that all of them have.

    A prompt's pictures of different runs are one group: the intervals are over prompts and not over pictures.
    """
    names = [[truth.name for truth in one.truths] for one in hearings.values()]
    common = [name for name in (names[0] if names else []) if all(name in others for others in names)]
    whole, cases = Heard(), []
    answers: dict[str, dict[Item, bool]] = {name: {} for name in common}
    zeroed: dict[str, bool] = {}
    for run, one in hearings.items():
        cases += [replace(case, sample=f"{run} {case.sample}") for case in one.cases]
        whole.said |= _of_run(run, one.heard.said)
        whole.zeroed |= _of_run(run, one.heard.zeroed)
        for truth in one.truths:
            if truth.name in answers:
                answers[truth.name] |= _of_run(run, truth.answers)
                zeroed[truth.name] = truth.zeroed
    return [agreements(whole, Truth(name, answers[name], zeroed[name]), cases) for name in common]


def _of_run(run: str, answers: Mapping[Item, bool]) -> dict[Item, bool]:
    return {(f"{run} {sample}", requirement): held for (sample, requirement), held in answers.items()}


def _all_and_by_kind(
    shared: Mapping[Item, str], of: Callable[[Sequence[Item]], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    by_kind: dict[str, list[Item]] = {}
    for item, what in shared.items():
        by_kind.setdefault(what, []).append(item)
    return {"all": of(list(shared)), "by_kind": {what: of(items) for what, items in sorted(by_kind.items())}}
