"""From P(yes) to verdicts: thresholds, failed parents, and what is left to mend."""

import pytest

from rlrig.reward import assess
from rlrig_eval.scene import parse

ASKED = parse("a red circle left of a blue square").requirements()
IDS = [r.id for r in ASKED]


def test_all_yes_is_satisfied_with_reward_one() -> None:
    view = assess(ASKED, [0.9] * len(ASKED), threshold=0.5)
    assert view.satisfied
    assert view.reward == 1.0


def test_a_missing_thing_takes_its_children_down_and_only_the_parent_is_asked_for() -> None:
    answers = [0.1 if r.kind == "exists" and "square" in r.statement() else 0.9 for r in ASKED]
    view = assess(ASKED, answers, threshold=0.5)
    children = [r for r in ASKED if any("e1" in parent for parent in r.depends)]
    assert [r.kind for r in view.failed] == ["exists"]
    assert view.reward == pytest.approx(1 - (1 + len(children)) / len(ASKED))


def test_the_threshold_itself_counts_as_yes() -> None:
    assert assess(ASKED, [0.5] * len(ASKED), threshold=0.5).satisfied


def test_probabilities_must_be_one_a_requirement() -> None:
    with pytest.raises(ValueError, match="shorter"):
        assess(ASKED, [0.9], threshold=0.5)


def test_the_surest_failures_are_those_with_the_lowest_p_yes() -> None:
    doubts = {"the circle is red": 0.4, "the square is blue": 0.2}
    view = assess(ASKED, [doubts.get(r.statement(), 0.9) for r in ASKED], threshold=0.5)
    assert [r.statement() for r in view.surest(2)] == ["the square is blue", "the circle is red"]
    assert [r.statement() for r in view.surest(1)] == ["the square is blue"]
    assert view.surest(None) == view.failed
