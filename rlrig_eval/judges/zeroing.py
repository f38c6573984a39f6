"""From answers to single questions to the value of a picture: dependencies, shares, and soft means. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from rlrig_eval.metrics import all_correct, requirements_share
from rlrig_eval.scene import Requirement, zero_children

HOLDS = 0.5
"""P(yes) from which a requirement counts as satisfied."""


def one_level(requirements: Sequence[Requirement], verdicts: Mapping[str, bool]) -> dict[str, bool]:
    """Verdicts with children of failed parents set to False, parents taken as they were answered.

    As the DSG library and OneIG compute it; `scene.zero_children` is the transitive rule of DPG and of the DSG
    paper. The two differ only where a grandparent failed.
    """
    return {r.id: verdicts[r.id] and all(verdicts[parent] for parent in r.depends) for r in requirements}


def question_values(
    requirements: Sequence[Requirement], answers: Mapping[str, float], soft: bool
) -> dict[str, float | None]:
    """What the answers to single questions are worth together.

    Returns `score` (share of requirements that hold, transitive zeroing), `all_correct`, `one_level` and
    `unzeroed` (the shares under the other two rules) and, where P(yes) is known (`soft`), the arithmetic and the
    geometric mean of P(yes), `soft_am` and `soft_gm` (Soft-TIFA of GenEval 2).
    """
    hard = {requirement.id: answers[requirement.id] >= HOLDS for requirement in requirements}
    zeroed = zero_children(requirements, hard)
    values: dict[str, float | None] = {
        "score": requirements_share(zeroed),
        "all_correct": float(all_correct(zeroed)),
        "one_level": requirements_share(one_level(requirements, hard)),
        "unzeroed": requirements_share(hard),
    }
    if soft:
        chances = [answers[requirement.id] for requirement in requirements]
        values |= {"soft_am": fmean(chances) if chances else None, "soft_gm": _geometric_mean(chances)}
    return values


def _geometric_mean(chances: Sequence[float]) -> float | None:
    if not chances:
        return None
    return math.exp(fmean(map(math.log, chances))) if min(chances) > 0.0 else 0.0
