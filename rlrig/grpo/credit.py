"""From what became of pictures to rewards, and from rewards to an advantage for every sample of every turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from rlrig.grpo.advantages import Advantages, advantages, gdpo
from rlrig.grpo.config import ActorTraining, Credit, EditorTraining
from rlrig.grpo.outcomes import Outcome
from rlrig.grpo.reward_server import RewardServer
from rlrig.grpo.rewards import REWARDS, efficiency, peak, retention
from rlrig.grpo.rollout import Turn

_MEASURES: Mapping[str, Callable[[Sequence[float]], float]] = MappingProxyType(
    {"peak": peak, "retention": retention, "efficiency": efficiency}
)


@dataclass(frozen=True)
class Scorer:
    """The rewards of a run by name, with their weights."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    server: RewardServer | None = None

    @classmethod
    def of(cls, training: ActorTraining | EditorTraining) -> "Scorer":
        names, weights = tuple(training.rewards), tuple(training.rewards.values())
        if training.reward_server is None:
            return cls(names, weights)
        server = RewardServer(**training.reward_server.model_dump())
        return cls((*names, "server"), (*weights, training.reward_server_weight), server)

    def __call__(self, turn: Turn) -> Tensor:
        """(B, R): the rewards of each sample, averaged over its edits, those without one left out; NaN without any."""
        return self._each(turn.outcomes).reshape(len(turn.groups), -1, len(self.names)).nanmean(1)

    def mean(self, outcomes: Sequence[Outcome]) -> float:
        """The weighted sum of the rewards, over the outcomes that have all of them; NaN where none has."""
        return float((self._each(outcomes) @ torch.tensor(self.weights)).nanmean())

    def _each(self, outcomes: Sequence[Outcome]) -> Tensor:
        """(N, R): every reward of every outcome."""
        columns = [[REWARDS[name](outcome) for outcome in outcomes] for name in self.names if name in REWARDS]
        if self.server is not None:
            columns.append(self.server(outcomes))
        return torch.tensor(columns, dtype=torch.float32).T

    def untouched(self, turn: Turn) -> Tensor:
        """(B, R): what the same samples would get for a picture left as it was."""
        idle = tuple(outcome.undone() for outcome in turn.outcomes)
        return self(replace(turn, outcomes=idle))


@dataclass(frozen=True)
class Scores:
    """Of T turns: the rewards (T, B, R), those of having done nothing, which samples were `open` (T, B), ids (B,)."""

    rewards: Tensor
    idle: Tensor
    open: Tensor
    groups: Tensor


def score(turns: Sequence[Turn], scorer: Scorer, credit: Credit) -> Scores:
    compared = credit.floor or credit.baseline == "start" or credit.over == "trajectory"
    rewards = torch.stack([scorer(turn) for turn in turns])
    return Scores(
        rewards=rewards,
        idle=torch.stack([scorer.untouched(turn) for turn in turns]) if compared else torch.zeros_like(rewards),
        open=torch.stack([turn.open for turn in turns]),
        groups=turns[0].groups,
    )


def assign(scores: Scores, weights: Sequence[float], credit: Credit) -> list[Advantages]:
    """The advantages of each turn. A sample that was already solved before a turn does not learn from it; in a
    trajectory, nor from those that follow, which the loop would not have made."""
    spread = torch.tensor(weights)
    total, idle = scores.rewards @ spread, scores.idle @ spread
    if credit.over == "trajectory":
        going = scores.open.int().cumprod(0).bool()
        path = _path(idle[0], total, going)
        series = path.T.tolist()
        returns = torch.tensor(
            [sum(weight * _MEASURES[name](row) for name, weight in credit.trajectory.items()) for row in series]
        )
        nothing = torch.tensor(
            [sum(w * _MEASURES[name](row[:1]) for name, w in credit.trajectory.items()) for row in series]
        )
        returns = torch.where(path.isnan().any(0), torch.nan, returns)
        shared = _by_group(returns, nothing, scores.groups, credit)
        lives = [shared.live & mine for mine in going]
        return [replace(shared, live=live, values=torch.where(live, shared.values, 0.0)) for live in lives]
    found = []
    for rewards, raw, before, open_ in zip(total, scores.rewards, idle, scores.open, strict=True):
        groups = scores.groups
        if credit.combine == "gdpo":
            hidden = torch.where(open_[:, None], raw, torch.nan)
            made = gdpo(hidden, weights, groups)
        else:
            made = _by_group(torch.where(open_, rewards, torch.nan), before, groups, credit)
        found.append(replace(made, missing=made.missing - int((~open_).sum())))
    return found


def _path(begun: Tensor, total: Tensor, going: Tensor) -> Tensor:
    """(T + 1, B): the rewards of what the loop would have had after each turn. It leaves a solved picture as it is."""
    path = [begun]
    for now, edited in zip(total, going, strict=True):
        path.append(torch.where(edited, now, path[-1]))
    return torch.stack(path)


def _by_group(rewards: Tensor, start: Tensor, groups: Tensor, credit: Credit) -> Advantages:
    return advantages(rewards, groups, credit.scale, credit.baseline, start, credit.floor)
