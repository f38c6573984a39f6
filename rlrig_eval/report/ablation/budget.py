"""Best-of-n cut at every number of candidates, and mixed so that its mean cost is that of another row.

Best-of-n draws one candidate after the other until one satisfies the Checker. So what it would have answered with fewer
candidates is known from those that it drew; a mean cost between two cuts is that of a control that goes on to the
longer one in a share of its prompts, chosen by lot, and its expected score is the mean of both cuts' with that share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlrig_eval.models.rlrig import PATCH
from rlrig_eval.runs.summary import PromptScores

CAP = 5
"""Images a prompt at most, in the loop and in best-of-n alike."""
MOST = 8
"""Candidates that best-of-n draws, so that it can also be cut where its mean cost is that of another row."""

Spent = Mapping[str, Mapping[str, float]]
"""Unit -> prompt -> what a sample of it took; a prompt that was not drawn, or does not say, is not in it."""


@dataclass(frozen=True)
class Candidate:
    """One drawn picture as the Checker saw it: the share of requirements, and the mean P(yes), which breaks ties."""

    reward: float
    confidence: float


def chosen(candidates: Sequence[Candidate], cap: int) -> int:
    """The candidate that best-of-`cap` answers with; the earliest wins a tie, as in `best_of_n`.

    >>> chosen([Candidate(0.5, 0.6), Candidate(0.5, 0.7), Candidate(1.0, 0.9)], 2)
    1
    """
    seen = range(min(cap, len(candidates)))
    return max(seen, key=lambda k: (candidates[k].reward, candidates[k].confidence, -k))


@dataclass(frozen=True)
class Cut:
    """Best-of-`cap`: scores by metric and prompt, what it spent, the pictures it answers with."""

    cap: int
    scores: PromptScores
    spent: Spent
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matched:
    """A control of the mean `cost` asked for, or of the dearest cut where that is still cheaper (`short`)."""

    scores: PromptScores
    cost: float
    caps: tuple[int, int]
    share: float
    short: bool

    def words(self) -> str:
        """
        >>> Matched({}, 3.4, (4, 5), 0.25, False).words()
        'best-of-4, and best-of-5 in 25 % of prompts'
        """
        low, high = self.caps
        if self.share == 0:
            return f"best-of-{low}"
        return f"best-of-{low}, and best-of-{high} in {self.share:.0%} of prompts".replace("%", " %")


def mean(values: Collection[float]) -> float | None:
    """None of nothing."""
    return sum(values) / len(values) if values else None


def match(cuts: Sequence[Cut], unit: str, cost: float, prompts: Collection[str]) -> Matched:
    """The control whose mean cost over `prompts` in `unit` is `cost`; `cuts` rise by one candidate each, from one.

    Below the first cut it is the first. A control of equal cost over all prompts is none over a part of them: harder
    prompts take more images, and not of every row as many more.
    """
    costs = [sum(cut.spent[unit][prompt] for prompt in prompts) / len(prompts) for cut in cuts]
    if cost <= costs[0] or cost >= costs[-1]:
        at = 0 if cost <= costs[0] else -1
        end = cuts[at]
        return Matched(end.scores, costs[at], (end.cap, end.cap), 0.0, short=cost > costs[-1])
    low = max(i for i in range(len(cuts) - 1) if costs[i] <= cost)
    share = (cost - costs[low]) / (costs[low + 1] - costs[low])
    one, other = cuts[low], cuts[low + 1]
    return Matched(mixed(one.scores, other.scores, share), cost, (one.cap, other.cap), share, short=False)


def mixed(one: PromptScores, other: PromptScores, share: float) -> PromptScores:
    """(1 - share) of one and share of the other, for each prompt that both scored; None where one did not."""
    return {
        metric: {prompt: _between(value, other[metric].get(prompt), share) for prompt, value in scores.items()}
        for metric, scores in one.items()
        if metric in other
    }


def _between(a: float | None, b: float | None, share: float) -> float | None:
    return None if a is None or b is None else (1 - share) * a + share * b


@dataclass(frozen=True)
class Operations:
    """Denoiser work of a sample, in drawings: an edit also carries the tokens of the picture that it starts from.

    Work is counted as evaluations times tokens, text and picture: a transformer's matrix products, without the part of
    attention that grows with the square. An editor that carries no such tokens is counted in evaluations alone.
    """

    edit: float

    @classmethod
    def of(cls, settings: Mapping[str, Mapping[str, Any]], size: int) -> Operations:
        """From what a `rlrig` run says of its Diffuser and editor; a token stands for PATCH x PATCH pixels if not told.

        >>> flow = {"steps": 16, "true_cfg": 2.0, "max_sequence_length": 24}
        >>> Operations.of({"diffuser": flow, "editor": flow}, 64).edit
        1.4
        >>> Operations.of({"diffuser": flow, "editor": flow, "patches": {"editor": 8}}, 64).edit
        3.8
        """
        side = {part: settings.get("patches", {}).get(part, PATCH) for part in ("diffuser", "editor")}
        draw, edit = (
            settings[part]["steps"]
            * (2 if (settings[part].get("true_cfg") or 1) > 1 else 1)
            * ((settings[part].get("max_sequence_length") or 512) + pictures * (size // side[part]) ** 2)
            for part, pictures in (("diffuser", 1), ("editor", 2))
        )
        return cls(edit / draw)

    @classmethod
    def counted(cls, actions: Sequence[Sequence[str]], evaluations: Sequence[float], drawing: float) -> Operations:
        """From the actions of samples and the evaluations that each took, where a drawing takes `drawing`.

        >>> Operations.counted([["draw", "edit", "edit"], ["draw"]], [32 + 2 * 48, 32], 32).edit
        1.5
        """
        edits = sum(action == "edit" for each in actions for action in each)
        drawn = sum(map(len, actions)) - edits
        return cls((sum(evaluations) / drawing - drawn) / edits if edits else 1.0)

    def __call__(self, actions: Sequence[str]) -> float:
        """Of the actions of a trace's rounds: draw, fresh, edit."""
        return sum(self.edit if action == "edit" else 1.0 for action in actions)
