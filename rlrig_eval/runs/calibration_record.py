"""What a calibration found, as ``run.json`` keeps it, and by which limits a chain passes."""

from __future__ import annotations

from pydantic import Field

from rlrig_eval.scene.graph import Frozen
from rlrig_eval.stats import wilson

LEAST_ACCURACY = 0.9
LEAST_CONSISTENCY = 0.9
MOST_FALSE_ACCEPTS = 0.1
LEAST_COVERAGE = 0.9


class Rate(Frozen):
    """A share of independent trials with its Wilson interval; None for a share of nothing."""

    mean: float | None = None
    ci95: tuple[float | None, float | None] = (None, None)
    n: int = 0

    @classmethod
    def of(cls, outcomes: list[bool]) -> Rate:
        found = wilson(sum(outcomes), len(outcomes))
        return cls(mean=found.mean, ci95=(found.lo, found.hi), n=found.n)


class Part(Frozen):
    """One instrument of the chain, the extractor or the judge.

    Attributes:
        accuracy: of drawings, and of their mirror images, that are accepted for what they show.
        flip_consistency: of drawings whose verdicts turn with the picture: what is said of a drawing and of its
            mirror image differs in left and right and in nothing else.
        false_accept: of pictures that are accepted for what they do not show; `false_accepts` by control: a blank
            picture, another drawing (shuffled), the same drawing with left and right changed in words alone (reversed).
        unscored: of `readings` of drawings that should have been scored; `reason` is the first one's.
        trouble: what kept it from being calibrated at all.
    """

    chain: str
    accuracy: Rate = Rate()
    flip_consistency: Rate = Rate()
    false_accept: Rate = Rate()
    false_accepts: dict[str, Rate] = Field(default_factory=dict)
    unscored: int = 0
    readings: int = 0
    reason: str | None = None
    trouble: str | None = None

    @property
    def faults(self) -> list[str]:
        """Why it fails; nothing for a part that passes."""
        if self.trouble is not None:
            return [self.trouble]
        faults = []
        if self.readings == 0 or self.unscored > (1 - LEAST_COVERAGE) * self.readings:
            faults.append(f"{self.unscored} of {self.readings} drawings unscored ({self.reason})")
        least = (
            ("accuracy", self.accuracy, LEAST_ACCURACY),
            ("flip consistency", self.flip_consistency, LEAST_CONSISTENCY),
        )
        faults += [
            f"{name} {_shown(rate)}, at least {limit} is asked" for name, rate, limit in least if not _up(rate, limit)
        ]
        accepted = self.false_accept.mean
        if accepted is None or accepted > MOST_FALSE_ACCEPTS:
            faults.append(f"false accepts {_shown(self.false_accept)}, at most {MOST_FALSE_ACCEPTS} are let pass")
        return faults


class Calibration(Frozen):
    """Every part of a chain on the same `scenes` drawings of `side` pixels a side."""

    scenes: int
    side: int
    parts: tuple[Part, ...]

    @property
    def failure(self) -> str | None:
        """One line that names each part that failed and why; None when all passed."""
        failed = [f"{part.chain}: {'; '.join(part.faults)}" for part in self.parts if part.faults]
        return f"CALIBRATION FAILED: {' | '.join(failed)}" if failed else None


def _up(rate: Rate, limit: float) -> bool:
    return rate.mean is not None and rate.mean >= limit


def _shown(rate: Rate) -> str:
    return "unknown" if rate.mean is None else f"{rate.mean:.3f}"
