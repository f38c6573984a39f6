"""Rewards of an edit, and measures over rounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rlrig.grpo import rewards
from rlrig.grpo.rewards import REWARDS
from rlrig.grpo.rollout import look
from rlrig.reward import assess
from tests.rlrig.grpo.made import COUNT, GRAPH, outcome, start

ALL, NONE = [1.0] * COUNT, [0.0] * COUNT
CHANCES = st.lists(st.floats(0, 1), min_size=COUNT, max_size=COUNT)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=COUNT, max_size=COUNT))
def test_of_certain_answers_the_soft_share_is_the_hard_one(answers):
    requirements = GRAPH.requirements()
    assert rewards.soft_share(requirements, answers) == pytest.approx(assess(requirements, answers, 0.5).reward)


@given(CHANCES, st.integers(0, COUNT - 1), st.floats(0, 1))
def test_a_surer_yes_never_costs(answers, place, more):
    surer = [max(p, more) if i == place else p for i, p in enumerate(answers)]
    requirements = GRAPH.requirements()
    assert rewards.soft_share(requirements, surer) >= rewards.soft_share(requirements, answers) - 1e-12


def test_what_hangs_on_a_missing_thing_counts_for_nothing():
    first = GRAPH.requirements()[0].id
    hanging = 1 + sum(first in r.depends for r in GRAPH.requirements())
    without = rewards.soft_share(GRAPH.requirements(), [0.0, *ALL[1:]])
    assert without <= 1 - hanging / COUNT + 1e-12


def test_without_requirements_there_is_nothing_to_miss():
    assert rewards.soft_share((), ()) == 1.0


@pytest.mark.parametrize("place", range(COUNT))
def test_jointly_a_picture_is_worth_no_more_than_the_requirement_that_it_misses(place):
    parents = {r.id for r in GRAPH.requirements() if any(r.id in other.depends for other in GRAPH.requirements())}
    after = [0.25 if i == place else 1.0 for i in range(COUNT)]
    worth = REWARDS["requirements_joint"](outcome(after))
    if GRAPH.requirements()[place].id in parents:  # what hangs on it is no surer
        assert worth < 0.25
    else:
        assert worth == 0.25
    assert REWARDS["requirements_joint"](outcome(ALL)) == 1.0


def test_preservation_looks_at_what_held_before():
    before = start([0.9, 0.9, *[0.1] * (COUNT - 2)])
    assert REWARDS["preservation"](outcome([1.0, 0.5, *NONE[2:]], before)) == pytest.approx(0.75)
    assert REWARDS["preservation"](outcome(NONE, start(NONE))) == 1.0


@pytest.mark.parametrize("name", ["requirements_soft", "requirements_hard", "requirements_joint", "preservation"])
@pytest.mark.parametrize("place", range(COUNT))
def test_what_the_checker_has_no_answer_to_is_a_missing_reward_and_not_a_no(name, place):
    after = [math.nan if i == place else 0.9 for i in range(COUNT)]
    assert math.isnan(REWARDS[name](outcome(after, start(ALL))))


def test_what_held_before_is_not_known_without_an_answer():
    assert math.isnan(REWARDS["preservation"](outcome(ALL, start([math.nan, *ALL[1:]]))))


def test_similarity_is_1_for_a_copy_and_0_for_the_opposite():
    assert REWARDS["similarity"](outcome(ALL)) == 1.0
    assert REWARDS["similarity"](outcome(ALL, colour="black")) == 0.0


@pytest.mark.parametrize(
    ("text", "finished", "value"),
    [
        ("move the red circle left of the blue square", True, 1),
        ("Add a red circle", True, 1),
        ("move the red circle left of the", False, 0),
        ("the picture is nice", True, 0),
        ("move\nthe circle", True, 0),
        ("add", True, 0),
        ("", True, 0),
    ],
)
def test_an_instruction_is_one_finished_line_that_begins_with_a_verb_of_editing(text, finished, value):
    assert REWARDS["format"](outcome(ALL, instruction=text, finished=finished)) == value


@pytest.mark.parametrize(("words", "value"), [(1, 1), (24, 1), (36, 0.5), (48, 0), (100, 0)])
def test_long_instructions_cost(words, value):
    assert REWARDS["length"](outcome(ALL, instruction="word " * words)) == pytest.approx(value)


def test_measures_over_rounds():
    rows = [0.25, 0.75, 0.375]
    assert (rewards.peak(rows), rewards.retention(rows), rewards.efficiency(rows)) == (0.75, 0.5, 0.5)
    assert (rewards.retention([0.0, 0.0]), rewards.efficiency([0.5, 0.25])) == (1.0, 0.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_measures_stay_in_their_range(rows):
    assert 0 <= rewards.retention(rows) <= 1
    assert 0 <= rewards.efficiency(rows) <= rewards.peak(rows) <= 1


def test_what_hung_on_a_missing_thing_did_not_hold_before():
    before = start([0.0, *ALL[1:]])
    hanging = [GRAPH.requirements()[0].id in r.depends for r in GRAPH.requirements()]
    after = [0.0 if lost else 1.0 for lost in hanging]
    assert REWARDS["preservation"](outcome(after, before)) == 1.0


def test_what_is_the_same_to_the_byte_is_asked_about_once():
    asked = []

    class Checker:
        def check(self, images, requirements):
            asked.append(len(images))
            return [[0.1 * n] * COUNT for n in range(len(images))]

    before = [start()] * 4
    red, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    after = look(Checker(), before, [red, blue, red.copy(), blue.copy()])
    assert asked == [2]
    assert [seen.probabilities[0] for seen in after] == [0.0, 0.1, 0.0, 0.1]
