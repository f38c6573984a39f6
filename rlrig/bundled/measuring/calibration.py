"""What answers to yes/no questions are worth: accuracy by topic, and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BINS = 10


@dataclass(frozen=True)
class Mark:
    """One question: its topic, P(yes), and whether yes was right."""

    topic: str
    probability: float
    right: bool


def quality(marks: Sequence[Mark]) -> dict[str, float]:
    """Accuracy over all and by topic, and the expected calibration error (ten equal bins of P(yes))."""
    by_topic: dict[str, list[bool]] = {}
    for mark in marks:
        by_topic.setdefault(mark.topic, []).append((mark.probability >= 0.5) == mark.right)
    hits = [hit for found in by_topic.values() for hit in found]
    found = {"accuracy": float(np.mean(hits)), "ece": calibration_error(marks)}
    return found | {name: float(np.mean(by_topic[name])) for name in sorted(by_topic)}


def calibration_error(marks: Sequence[Mark]) -> float:
    """Mean distance between P(yes) and the share of yes, over bins weighted by size (Guo et al. 2017)."""
    chance = np.array([mark.probability for mark in marks])
    right = np.array([mark.right for mark in marks], dtype=float)
    bins = np.minimum((chance * _BINS).astype(int), _BINS - 1)
    gaps = [abs(chance[bins == b].mean() - right[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)]
    return float(np.sum(gaps) / len(marks))
