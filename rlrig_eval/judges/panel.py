"""Several judges as one: each answers alone, and what they say is put together question by question."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from itertools import islice
from statistics import fmean
from typing import Any, Literal

from rlrig_eval.errors import UsageError
from rlrig_eval.judges import registry
from rlrig_eval.judges.asking import asked_again
from rlrig_eval.judges.contract import Task, Unscored, Usage, Verdict
from rlrig_eval.judges.zeroing import HOLDS, question_values

How = Literal["majority", "mean", "minimum"]
MemberOptions = dict[str, dict[str, Any]]
_CHUNK = 256


class Panel:
    """Judges named as ``a,b`` or ``label=judge``; their options come as ``-J label.key=value``.

    majority: a requirement holds when more than half of the members say so. mean, minimum: of P(yes). With fewer
    than `min_valid` verdicts (by default all) a picture stays unscored.
    """

    of_judges = True
    passing = frozenset({"options"})  # `revision` has all of them that decides

    def __init__(
        self,
        judges: str,
        how: How = "majority",
        min_valid: int | None = None,
        options: MemberOptions = {},  # noqa: B006 - read only
        budget: Any = None,  # from `registry.build` alone
    ) -> None:
        specs = _members(judges, options)
        self._judges = {spec.slug: registry.build(spec, budget) for spec in specs}
        self._how, self._least = how, min_valid or len(specs)

    @staticmethod
    def check(judges: str, options: MemberOptions, **more: Any) -> dict[str, Any]:
        """The options without `budget`, which is no option; UsageError when a member cannot be found."""
        members = _members(judges, options)
        if not 1 <= (more["min_valid"] or len(members)) <= len(members):
            raise UsageError(f"judge panel: min_valid must be from 1 to {len(members)}, not {more['min_valid']}")
        if more.pop("budget") is not None:
            raise UsageError("judge panel: budget is no option: use --max-calls or --max-cost")
        return {"judges": judges, "options": options, **more}

    @staticmethod
    def revision_of(judges: str, options: MemberOptions, **_: Any) -> str:
        identities = [spec.identity() for spec in _members(judges, options)]
        return hashlib.sha256(json.dumps(identities, sort_keys=True).encode()).hexdigest()[:12]

    @staticmethod
    def priced(judges: str, options: MemberOptions, **_: Any) -> bool:
        for spec in _members(judges, options):
            registry.require_price(spec)
        return True

    def again(self, turn: int) -> Panel:
        """The same members, each asked once more."""
        panel = copy(self)
        panel._judges = {slug: asked_again(judge, turn) for slug, judge in self._judges.items()}
        return panel

    def verdicts(self, tasks: Iterable[Task]) -> Iterator[Verdict | Unscored]:
        source = iter(tasks)
        with ThreadPoolExecutor(len(self._judges), thread_name_prefix="panel") as threads:
            while chunk := list(islice(source, _CHUNK)):
                said = list(threads.map(lambda judge: list(judge.verdicts(chunk)), self._judges.values()))
                for task, verdicts in zip(chunk, zip(*said, strict=True), strict=True):
                    yield combine(task, dict(zip(self._judges, verdicts, strict=True)), self._how, self._least)


def combine(task: Task, said: Mapping[str, Verdict | Unscored], how: How, least: int) -> Verdict | Unscored:
    """One verdict from those of several judges, by slug."""
    heard = {slug: one for slug, one in said.items() if isinstance(one, Verdict)}
    if len(heard) < least:
        missing = [f"{slug}: {one.reason}" for slug, one in said.items() if isinstance(one, Unscored)]
        raw = tuple(text for one in said.values() if isinstance(one, Unscored) for text in one.raw)
        return Unscored(f"{len(heard)} of {len(said)} judges have a verdict ({'; '.join(missing)})", raw)
    replies = tuple(reply for one in heard.values() for reply in one.replies)
    usage = sum((one.usage for one in heard.values()), start=Usage(calls=0, usd=0.0))
    scores = {slug: one.score for slug, one in heard.items() if one.score is not None}
    valid = {slug: heard[slug] for slug in scores}
    if not valid:  # nobody found anything to judge
        return Verdict(None, replies=replies, usage=usage)
    asked = [requirement.id for requirement in task.requirements]
    voices = [one.answers for one in valid.values()]
    evidence = {"members": {slug: dict(one.answers) or one.score for slug, one in valid.items()}}
    if not all(set(voice) == set(asked) for voice in voices):  # a member that answers no single questions
        score = _together(list(scores.values()), how)
        return Verdict(score, evidence=evidence, replies=replies, usage=usage)
    answers = {name: _together([voice[name] for voice in voices], how) for name in asked}
    alike = [len({voice[name] >= HOLDS for voice in voices}) == 1 for name in asked]
    values = question_values(task.requirements, answers, soft=how != "majority")
    values["agreement"] = fmean(alike) if alike else None
    return Verdict(values.pop("score"), values, answers, evidence, replies, usage)


def _together(chances: Sequence[float], how: How) -> float:
    if how == "majority":
        return float(2 * sum(chance >= HOLDS for chance in chances) > len(chances))
    return fmean(chances) if how == "mean" else min(chances)


def _members(judges: str, options: MemberOptions) -> list[registry.JudgeSpec]:
    named: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in judges.split(","))):
        label, _, judge = item.rpartition("=")
        if named.setdefault(label or judge, judge) != judge:
            raise UsageError(f"judge panel: two members are called {label or judge}; write label=judge")
    if len(named) < 2:
        raise UsageError("judge panel: name at least two judges, as in -J judges=a,b")
    for label in options:
        if label not in named:
            raise UsageError.unknown("member of the panel", label, named)
    specs = [registry.resolve(judge, {"name": label} | options.get(label, {})) for label, judge in named.items()]
    if len({spec.slug for spec in specs}) < len(specs):
        raise UsageError("judge panel: two members have the same name; write label=judge")
    return specs
