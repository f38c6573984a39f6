"""From answers to single questions to the value of a picture: dependencies, shares and soft means. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlrig_eval.judges.published import parents_of
from rlrig_eval.metrics import all_correct, dsg_scores, requirements_share, soft_tifa_am, soft_tifa_gm
from rlrig_eval.scene import Requirement

HOLDS = 0.5
"""P(yes) from which a requirement counts as satisfied."""


def question_values(
    requirements: Sequence[Requirement], answers: Mapping[str, float], soft: bool
) -> dict[str, float | None]:
    """What the answers to single questions are worth together.

    Returns `score` and `all_correct` (children of failed parents fail, transitively), `one_level` (the share by
    DSG's library: parents taken as they were answered), `unzeroed` and, where P(yes) is known (`soft`), its
    arithmetic and geometric means, `soft_am` and `soft_gm` (Soft-TIFA, GenEval 2).
    """
    hard = {requirement.id: answers[requirement.id] >= HOLDS for requirement in requirements}
    parents = {requirement.id: parents_of(requirement) for requirement in requirements}
    zeroed = {name: score > 0 for name, score in dsg_scores(hard, parents).items()}
    one_level = dsg_scores(hard, parents, "one_level")
    values: dict[str, float | None] = {
        "score": requirements_share(zeroed),
        "all_correct": float(all_correct(zeroed)),
        "one_level": requirements_share({name: score > 0 for name, score in one_level.items()}),
        "unzeroed": requirements_share(hard),
    }
    if soft:
        chances = [answers[requirement.id] for requirement in requirements]
        values |= {"soft_am": soft_tifa_am(chances) if chances else None}
        values |= {"soft_gm": soft_tifa_gm(chances) if chances else None}
    return values
