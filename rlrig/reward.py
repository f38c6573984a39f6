"""From the Checker's probabilities to verdicts and the intrinsic reward."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rlrig_eval.errors import RunError
from rlrig_eval.scene import Requirement, zero_children


@dataclass(frozen=True)
class Assessment:
    """What the Checker thinks of one picture.

    `reward` is #satisfied / #requirements (RL-RIG, eq. 2 as quoted by its review), `confidence` the mean P(yes), which
    breaks ties between pictures of equal reward; `failed` are the requirements that are not met though their parents
    are: what an edit can address.
    """

    probabilities: dict[str, float]
    reward: float
    confidence: float
    failed: tuple[Requirement, ...]
    threshold: float

    @property
    def satisfied(self) -> bool:
        return not self.failed

    def surest(self, most: int | None) -> tuple[Requirement, ...]:
        """`most` of `failed`, those with the lowest P(yes) first; all of them for None.

        The Checker errs most often where it doubts a little, and to mend what is right may break the picture.
        """
        if most is None:
            return self.failed
        return tuple(sorted(self.failed, key=lambda r: self.probabilities[r.id])[:most])


def assess(requirements: Sequence[Requirement], probabilities: Sequence[float], threshold: float) -> Assessment:
    """Judge one picture: a requirement holds when P(yes) >= `threshold` and its parents hold.

    A prompt without requirements is satisfied with reward 1.
    """
    given = dict(zip((r.id for r in requirements), probabilities, strict=True))
    verdicts = zero_children(requirements, {name: p >= threshold for name, p in given.items()})
    failed = tuple(r for r in requirements if not verdicts[r.id] and all(verdicts[parent] for parent in r.depends))
    count = max(1, len(requirements))
    return Assessment(
        probabilities=given,
        reward=(sum(verdicts.values()) / count) if requirements else 1.0,
        confidence=(sum(probabilities) / count) if requirements else 1.0,
        failed=failed,
        threshold=threshold,
    )


def require_answers(answers: Sequence[Sequence[float]]) -> None:
    """Raise RunError where a Checker's P(yes) is NaN: taken for a no, it would be edited for, and scored, as a miss."""
    if any(math.isnan(p) for row in answers for p in row):
        raise RunError("the Checker answers NaN where P(yes) is asked for: in half precision its logits may overflow")


def roots(failed: Sequence[Requirement]) -> list[Requirement]:
    """Those of `failed` whose parents did not fail too: what an edit can address."""
    names = {requirement.id for requirement in failed}
    return [requirement for requirement in failed if not names & set(requirement.depends)]
