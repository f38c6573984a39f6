"""From rewards to advantages, in groups of siblings: what became of one start, by different noise alone in the first
turn, and from the second on from what each has made of it.

Groups are told apart by an integer id. NaN is a reward that is missing: its sample is left out and counted. A group
that teaches nothing is left out, and counted: its rewards are all equal, or under the start baseline those of starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Scale = Literal["group", "batch", "none"]
Baseline = Literal["mean", "start"]

EPS = 1e-4
_EQUAL = 1e-7  # rewards closer than this are equal: float32 means of probabilities


@dataclass(frozen=True)
class Advantages:
    """`values` (B,), 0 where `live` (B,) is False; how many groups there are, how many taught nothing, how many
    rewards were missing."""

    values: Tensor
    live: Tensor
    groups: int
    zero_variance: int
    missing: int


def advantages(
    rewards: Tensor,
    groups: Tensor,
    scale: Scale = "group",
    baseline: Baseline = "mean",
    start: Tensor | None = None,
    floor: bool = False,
    ddof: int = 1,
    eps: float = EPS,
) -> Advantages:
    """A = (reward - baseline) / (std + eps) of `rewards` (B,) in `groups` (B,) of integer ids.

    `scale`: the standard deviation of the group (TRL, Flow-GRPO), of the whole batch (flow_grpo global_std), or none
    (Dr. GRPO). `baseline`: the group's mean, or the reward `start` (B,) of what the sample began from.
    `floor`: samples not above their start's reward get the lowest start reward of the group (AlphaGRPO
    clamp_no_improve_reward), so that bad edits are not told apart and a group without improvement teaches nothing.
    Against the start baseline they get that of their own start, which is the same where siblings share one: what gained
    nothing has the advantage 0, whatever its siblings began from.
    Where starts count, a sample whose start has no reward (NaN) has none itself.

    Raises ValueError for groups that are not integers, or a floor or baseline without `start`.
    """
    _integers(groups)
    if (floor or baseline == "start") and start is None:
        raise ValueError("the floor and the start baseline need the rewards of the starts")
    known = ~rewards.isnan()
    if start is not None and (floor or baseline == "start"):
        known = known & ~start.isnan()
    gains = rewards if start is None else rewards - start
    if start is not None and floor:
        lowest = start if baseline == "start" else _spread(start, groups, known, torch.min)
        rewards = torch.where(rewards > start, rewards, lowest)
        gains = gains.clamp(min=0)
    rewards, gains = (torch.where(known, found, torch.nan) for found in (rewards, gains))
    if baseline == "start" and scale != "group":
        live, equal = _teaching(gains, groups, _nil)
    else:  # over a group's own spread of 0 any gain would be enormous
        live, equal = _teaching(rewards, groups, _alike)
        if floor and baseline == "start":  # starts that differ are no gain
            live = live & _teaching(gains, groups, _nil)[0]
            equal = sum(not bool(live[groups == i].any()) for i in groups.unique())
    centre = start if baseline == "start" and start is not None else _spread(rewards, groups, known, torch.mean)
    divisor = torch.ones_like(rewards)
    if scale == "group":
        divisor = _spread(rewards, groups, known, lambda r: _std(r, ddof)) + eps
    elif scale == "batch":
        divisor = torch.full_like(rewards, float(_std(rewards[known], ddof)) + eps)
    values = torch.where(live, (rewards - centre) / divisor, 0.0)
    return Advantages(values, live, len(groups.unique()), equal, int((~known).sum()))


def gdpo(rewards: Tensor, weights: Sequence[float], groups: Tensor, ddof: int = 1, eps: float = EPS) -> Advantages:
    """Several rewards (B, R): each normalised in its group, summed by `weights`, then normalised over the batch
    (GDPO, arXiv 2601.05242; trl's normalize_then_sum). A missing reward adds nothing to its sample's sum.

    A group is left out when every one of its rewards is all equal; a sample when all of its rewards are missing;
    `missing` counts samples that miss any.
    """
    _integers(groups)
    parts = [advantages(column, groups, "group", ddof=ddof, eps=eps) for column in rewards.unbind(1)]
    live = torch.stack([part.live for part in parts]).any(0)
    total = sum((w * part.values for w, part in zip(weights, parts, strict=True)), torch.zeros(len(rewards)))
    if bool(live.any()):
        kept = total[live]
        total = torch.where(live, (total - kept.mean()) / (_std(kept, ddof) + eps), 0.0)
    ids = groups.unique()
    equal = sum(not bool(live[groups == i].any()) for i in ids)
    return Advantages(total, live, len(ids), equal, int(rewards.isnan().any(1).sum()))


def _teaching(rewards: Tensor, groups: Tensor, nothing: Callable[[Tensor], bool]) -> tuple[Tensor, int]:
    """Which samples have a reward, in a group whose rewards are not `nothing`; how many groups are."""
    live, dull = ~rewards.isnan(), 0
    for i in groups.unique():
        if nothing(rewards[(groups == i) & ~rewards.isnan()]):
            live, dull = live & (groups != i), dull + 1
    return live, dull


def _alike(rewards: Tensor) -> bool:
    return len(rewards) < 2 or float(rewards.max() - rewards.min()) <= _EQUAL


def _nil(gains: Tensor) -> bool:
    return not bool((gains.abs() > _EQUAL).any())


def _spread(rewards: Tensor, groups: Tensor, known: Tensor, how: Callable[[Tensor], Tensor]) -> Tensor:
    """`how` over the known rewards of each group, at each of its samples; NaN where a group has none."""
    found = torch.full_like(rewards, torch.nan)
    for i in groups.unique():
        mine = (groups == i) & known
        if bool(mine.any()):
            found[groups == i] = how(rewards[mine])
    return found


def _std(rewards: Tensor, ddof: int) -> Tensor:
    return rewards.std(correction=ddof) if len(rewards) > ddof else rewards.new_zeros(())


def _integers(groups: Tensor) -> None:
    if groups.is_floating_point() or groups.is_complex():
        raise ValueError(f"group ids are integers, not {groups.dtype}: floats and texts have merged groups before")
