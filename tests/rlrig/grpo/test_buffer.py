"""Where training starts: failed pictures, the worst first, and an error when there are none."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from rlrig.grpo.buffer import StartBuffer
from rlrig.grpo.rollout import look
from rlrig.grpo.starts import Asked, StartSource, dev_prompts, drawn, shapes_prompt
from rlrig.presets import Loop
from rlrig_eval.errors import RunError
from rlrig_eval.shapes import split, unseen
from tests.rlrig.grpo.made import COUNT, GRAPH, PROMPT, start


def meeting(count, prompt=PROMPT):
    return start([0.9] * count + [0.1] * (COUNT - count), prompt=prompt)


def rewards(starts):
    return [s.view.reward for s in starts]


def test_pictures_that_meet_all_or_nothing_are_not_kept():
    buffer = StartBuffer()
    assert buffer.add([meeting(0), meeting(COUNT), meeting(2)]) == 1
    assert len(buffer) == 1


def test_pictures_that_the_loop_would_draw_afresh_are_not_kept():
    buffer = StartBuffer(least=meeting(2).view.reward)
    assert buffer.add([meeting(1), meeting(2), meeting(3)]) == 2
    assert rewards(buffer.peek(2)) == rewards([meeting(2), meeting(3)])


def test_the_worst_come_first_and_of_equals_the_oldest():
    buffer = StartBuffer()
    buffer.add([meeting(4), meeting(1, "first"), meeting(1, "second"), meeting(3)])
    assert rewards(buffer.peek(4)) == [*rewards(taken := buffer.take(3)), meeting(4).view.reward]
    assert [s.prompt for s in taken[:2]] == ["first", "second"]
    assert len(buffer) == 1


def test_a_full_buffer_forgets_the_best():
    buffer = StartBuffer(capacity=2)
    buffer.add([meeting(4), meeting(1), meeting(3)])
    assert rewards(buffer.take(5)) == rewards([meeting(1), meeting(3)])


def test_what_taught_something_comes_back_after_the_others_until_it_was_tried_enough():
    buffer = StartBuffer(visits=2)
    buffer.add([meeting(1, "useful"), meeting(2, "dead"), meeting(3, "other")])
    assert [s.prompt for s in buffer.take(2)] == ["useful", "dead"]
    buffer.again([True, False])
    assert [s.prompt for s in buffer.peek(3)] == ["other", "useful"]  # though it is the worst
    buffer.take(2)
    buffer.again([True, True])
    assert [s.prompt for s in buffer.peek(3)] == ["other"]


def test_a_start_is_tried_once_unless_more_is_asked_for():
    buffer = StartBuffer()
    buffer.add([meeting(1)])
    buffer.take(1)
    buffer.again([True])
    assert not len(buffer)


def test_its_state_survives_a_file_without_pickle():
    buffer, other = StartBuffer(visits=2), StartBuffer(visits=2)
    buffer.add([meeting(4), meeting(1, "first"), meeting(1, "second"), meeting(1, "third")])
    buffer.take(1)
    buffer.again([True])
    file = io.BytesIO()
    torch.save(buffer.state(), file)
    file.seek(0)
    other.load(torch.load(file, weights_only=True))
    for mine, theirs in zip(buffer.take(4), other.take(4), strict=True):
        assert (mine.prompt, mine.graph, mine.probabilities) == (theirs.prompt, theirs.graph, theirs.probabilities)
        assert np.array_equal(np.asarray(mine.image), np.asarray(theirs.image))
    for each in (buffer, other):
        each.again([True] * 4)
        assert [s.prompt for s in each.take(4)] == ["second", "third", PROMPT]  # "first" was tried twice


class Drawer:
    evals_per_image = 1

    def draw(self, prompts, seeds):
        return [start().image for _ in prompts]


class Opinion:
    """A Checker of one opinion."""

    def __init__(self, chance):
        self.chance = chance

    def check(self, images, requirements):
        return [[self.chance] * len(asked) for asked in requirements]


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_when_nothing_can_be_started_from_that_is_said(chance):
    source = StartSource(lambda _: Asked(PROMPT, GRAPH), Drawer(), Opinion(chance), seed=0, draw=4, loop=Loop())
    with pytest.raises(RunError, match="no picture to start from"):
        source.take(1)


@pytest.mark.parametrize("draw", [1, 4])
def test_a_start_in_forty_is_found_however_few_are_drawn_at_a_time(draw):
    source = StartSource(lambda _: Asked(PROMPT, GRAPH), Drawer(), Rarely(), seed=0, draw=draw, loop=Loop())
    assert len(source.take(3)) == 3


class Rarely:
    """A Checker who finds fault with every fortieth picture."""

    def __init__(self):
        self.seen = 0

    def check(self, images, requirements):
        found = []
        for asked in requirements:
            self.seen += 1
            found.append([0.9] * (len(asked) - 1) + [0.1 if self.seen % 40 == 0 else 0.9])
        return found


def test_a_start_and_what_becomes_of_it_are_asked_about_by_its_suite_s_rule_of_counting():
    wanted = GRAPH.requirements("at_least")
    (one,) = drawn(Drawer(), Opinion(0.9), [Asked(PROMPT, GRAPH, "at_least")], [0], 0.5)
    (after,) = look(Opinion(0.9), [one], [one.image])
    assert one.requirements == after.requirements == wanted != GRAPH.requirements()
    buffer, other = StartBuffer(), StartBuffer()
    buffer.add([replace(one, probabilities=(0.9, *[0.1] * (len(wanted) - 1)))])
    other.load(buffer.state())
    assert other.take(1)[0].requirements == wanted


def test_as_many_starts_as_are_asked_for_can_be_waiting():
    """More than the buffer usually holds: it would be filled for ever."""
    source = StartSource(lambda _: Asked(PROMPT, GRAPH), Drawer(), Half(), seed=0, draw=4, loop=Loop())
    source.buffer = StartBuffer(capacity=2)
    assert len(source.take(6)) == 6


class Half:
    """A Checker of whom half of the requirements hold."""

    def check(self, images, requirements):
        return [list(start().probabilities) for _ in requirements]


def test_training_prompts_are_of_the_train_split_and_of_seen_pairings():
    asked = shapes_prompt(seed=0)
    graphs = [asked(number)[1] for number in range(40)]
    assert {split(graph) for graph in graphs} == {"train"}
    assert not any(unseen(graph) for graph in graphs)
    assert asked(3) == shapes_prompt(seed=0)(3) != asked(4)


def test_training_prompts_may_be_of_some_structures_alone():
    asked = shapes_prompt(seed=0, structures=("between",))
    assert all("between" in {r.predicate for r in asked(number).graph.relations} for number in range(10))


def test_dev_prompts_may_be_composed_as_those_of_training_but_of_the_dev_bucket():
    prompts = dev_prompts("shapes", 5, seed=0, structures=("between",))
    assert len(prompts) == 5
    assert {split(asked.graph) for asked in prompts} == {"dev"}
    assert all("between" in {r.predicate for r in asked.graph.relations} for asked in prompts)
