"""What a judge says of many pictures, question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlrig_eval.judges.contract import Judge, Task, Verdict
from rlrig_eval.judges.zeroing import HOLDS
from rlrig_eval.scene import Requirement, zero_children

Item = tuple[str, str]
"""(sample id, requirement id)."""


@dataclass(frozen=True)
class Case:
    """A picture of a run as a task. `prompt_id` and `group` as in the suite."""

    sample: str
    prompt_id: str
    group: str
    task: Task


@dataclass
class Heard:
    """Answers as they were given (`said`), and with children of failed parents failing (`zeroed`).

    A picture of which not every question was answered is in `said` alone.
    `letters`: what was chosen in votes, `letters_right` what was right in them. `members`: what each judge of a panel
    said.
    """

    said: dict[Item, bool] = field(default_factory=dict)
    zeroed: dict[Item, bool] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    letters: Counter[str] = field(default_factory=Counter)
    letters_right: Counter[str] = field(default_factory=Counter)
    members: dict[str, dict[Item, bool]] = field(default_factory=dict)
    unscored: dict[str, str] = field(default_factory=dict)


def hear(judge: Judge, cases: Sequence[Case], tasks: Iterable[Task] | None = None) -> Heard:
    """Every case judged; `tasks` are judged in their place where they differ (a control)."""
    heard = Heard()
    asked = list(tasks) if tasks is not None else [case.task for case in cases]
    for case, task, found in zip(cases, asked, judge.verdicts(asked), strict=True):
        if not isinstance(found, Verdict):
            heard.unscored[case.sample] = found.reason
            continue
        if found.score is not None:
            heard.scores[case.sample] = found.score
        letters, right = (_numbers(found.evidence.get(name)) for name in ("letters", "letters_right"))
        if letters and right:
            heard.letters.update(letters)
            heard.letters_right.update(right)
        members = found.evidence.get("members")
        for slug, said in members.items() if isinstance(members, Mapping) else ():
            if chances := _numbers(said):
                held = {(case.sample, name): p >= HOLDS for name, p in chances.items()}
                heard.members.setdefault(slug, {}).update(held)
        hard = {name: p >= HOLDS for name, p in found.answers.items()}
        heard.said |= {(case.sample, name): held for name, held in hard.items()}
        if all(requirement.id in hard for requirement in task.requirements):
            zeroed = zero_children(task.requirements, hard)
            heard.zeroed |= {(case.sample, name): held for name, held in zeroed.items()}
    return heard


def _numbers(evidence: Any) -> Mapping[str, Any]:
    """Numbers by name; none of what a judge of somebody else's keeps under the same word in another form."""
    if isinstance(evidence, Mapping) and all(isinstance(value, int | float) for value in evidence.values()):
        return evidence
    return {}


def kind(requirement: Requirement) -> str:
    """What a requirement is about: its kind or, for a relation, the predicate."""
    if requirement.kind != "relation":
        return requirement.kind
    return f"not {requirement.predicate}" if requirement.negated else requirement.predicate or ""


def kinds(cases: Iterable[Case]) -> dict[Item, str]:
    return {(case.sample, r.id): kind(r) for case in cases for r in case.task.requirements}
