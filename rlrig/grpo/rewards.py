"""Rewards of one edit, each a function of an `Outcome` to [0, 1], and measures over the rounds of a trajectory.

The Checker's probabilities are all that they know of a picture's content: never `shapes.read`, which scores the models.
Where one of them is NaN, the rewards that look at them are NaN too, which is missing: it is not a no.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from rlrig.grpo.outcomes import Outcome, Start
from rlrig_eval.scene import Requirement

Reward = Callable[[Outcome], float]

VERBS = frozenset(
    "add change color colour draw enlarge erase make move paint place put recolor recolour remove replace resize shift "
    "shrink swap turn".split()
)
WORDS = 24
"""The longest instruction, in words, that costs nothing."""


def soft_share(requirements: Sequence[Requirement], probabilities: Sequence[float]) -> float:
    """The mean over requirements of P(yes), where none is surer than its parents; 1 without requirements.

    With probabilities of 0 and 1 it is the share of satisfied requirements (RL-RIG's reward, `rlrig.reward`).
    """
    return float(np.mean(_with_parents(requirements, probabilities))) if requirements else 1.0


def _with_parents(requirements: Sequence[Requirement], probabilities: Sequence[float]) -> list[float]:
    """P(yes) of each, at most that of its parents: at a threshold, what holds in the loop."""
    held = dict[str, float]()
    for requirement, p in zip(requirements, probabilities, strict=True):  # parents come first
        held[requirement.id] = min([p, *(held[parent] for parent in requirement.depends)])
    return list(held.values())


def requirements_soft(outcome: Outcome) -> float:
    return soft_share(outcome.after.requirements, outcome.after.probabilities)


def requirements_hard(outcome: Outcome) -> float:
    return outcome.after.view.reward if _answered(outcome.after) else math.nan


def requirements_joint(outcome: Outcome) -> float:
    """The product of P(yes) over requirements, none surer than its parents: that all hold, were they independent.

    The mean tells a broken picture from a bad one, this a right one from one that misses a single requirement.
    """
    if not _answered(outcome.after):
        return math.nan
    return math.prod(_with_parents(outcome.after.requirements, outcome.after.probabilities))


def preservation(outcome: Outcome) -> float:
    """Of the requirements that held before, the mean P(yes) after; 1 where none held."""
    if not _answered(outcome.before) or not _answered(outcome.after):
        return math.nan
    before, after = (_with_parents(one.requirements, one.probabilities) for one in (outcome.before, outcome.after))
    kept = [p for p, was in zip(after, before, strict=True) if was >= outcome.before.threshold]
    return float(np.mean(kept)) if kept else 1.0


def _answered(start: Start) -> bool:
    return not any(map(math.isnan, start.probabilities))


def similarity(outcome: Outcome) -> float:
    """1 - the mean absolute difference of the two pictures' pixels, in [0, 1]; a copy has 1."""
    before, after = (np.asarray(start.image.convert("RGB"), dtype=float) for start in (outcome.before, outcome.after))
    return float(1 - np.abs(before - after).mean() / 255)


def well_formed(outcome: Outcome) -> float:
    """1 for one line of at least two words, begun with a verb of editing and ended by the Actor itself; else 0."""
    words = outcome.instruction.lower().split()
    single = "\n" not in outcome.instruction.strip()
    return float(outcome.finished and single and len(words) > 1 and words[0] in VERBS)


def brevity(outcome: Outcome) -> float:
    """1 up to WORDS words, then falling to 0 at twice as many."""
    return float(np.clip(2 - len(outcome.instruction.split()) / WORDS, 0, 1))


REWARDS: Mapping[str, Reward] = MappingProxyType(
    {
        "requirements_soft": requirements_soft,
        "requirements_hard": requirements_hard,
        "requirements_joint": requirements_joint,
        "preservation": preservation,
        "similarity": similarity,
        "format": well_formed,
        "length": brevity,
    }
)


def peak(rewards: Sequence[float]) -> float:
    """The best reward over the rounds, the start (entry 0) included.

    Peak, retention and efficiency are named after the PRE-GRPO of Generation Navigator (arXiv 2605.17969), which has
    no code: the formulas are ours.
    """
    return max(rewards)


def retention(rewards: Sequence[float]) -> float:
    """What is left of the peak at the end, in [0, 1]; 1 where there was none.

    >>> retention([0.25, 0.75, 0.375])
    0.5
    """
    return rewards[-1] / max(rewards) if max(rewards) > 0 else 1.0


def efficiency(rewards: Sequence[float]) -> float:
    """What was gained on the start, over the rounds that it took; 0 without gain.

    >>> efficiency([0.25, 0.5, 0.75]), efficiency([0.5, 0.25])
    (0.25, 0.0)
    """
    best = int(np.argmax(rewards))
    return (rewards[best] - rewards[0]) / best if best else 0.0
