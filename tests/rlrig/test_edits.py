"""Training edits: what they change is what they say, and a repair names what is wrong."""

import numpy as np
import pytest

from rlrig.bundled.edits import EDITS, Edit, sample_edit, size_word
from rlrig.bundled.repair import failures, repair
from rlrig.bundled.sentences import mirrored
from rlrig_eval.scene import check, parse
from rlrig_eval.shapes import draw, layout, truth

SAMPLED = [sample_edit(np.random.default_rng(seed)) for seed in range(150)]


def boxes(edit: Edit, side: str) -> dict[str, object]:
    scene = getattr(edit, side)
    return {e.id: (e.category, e.attributes[-1], e.box) for e in scene.entities if e.id not in edit.touched}


def test_every_kind_of_edit_is_met() -> None:
    verbs = {edit.instruction.split()[0] for edit in SAMPLED}
    assert verbs == {"move", "make", "swap", "add", "remove", "turn"}
    assert len(EDITS) == 8


@pytest.mark.parametrize("edit", SAMPLED[:60], ids=lambda edit: edit.instruction)
def test_what_an_edit_does_not_touch_stays_where_it_was(edit: Edit) -> None:
    before, after = boxes(edit, "source"), boxes(edit, "target")
    assert before.items() <= after.items()


@pytest.mark.parametrize("edit", [e for e in SAMPLED if e.goals][:60], ids=lambda e: e.instruction)
def test_the_relations_that_are_asked_for_hold_in_the_target(edit: Edit) -> None:
    assert all(check(edit.goals, truth(edit.target)).values())


def test_two_relations_and_between_are_asked_for_too() -> None:
    assert any(len(edit.goals) == 2 for edit in SAMPLED)
    assert any(edit.goals and edit.goals[0].predicate == "between" for edit in SAMPLED)


def test_scenes_of_even_sizes_move_large_things_more_often_and_name_no_size() -> None:
    even = [sample_edit(np.random.default_rng(seed), evenly=1.0) for seed in range(150)]
    assert large_movers(even) > 1.25 * large_movers(SAMPLED)  # .29 and .39 of what 400 of each move is large
    assert all(len(entity.attributes) == 1 for edit in even for entity in edit.source.entities)


def large_movers(edits: list[Edit]) -> float:
    moved = [edit.source.entity(number) for edit in edits for number in edit.touched if edit.goals]
    return float(np.mean([size_word(entity) == "large" for entity in moved]))


def test_the_mirror_image_of_an_instruction_swaps_left_and_right() -> None:
    assert mirrored("add a red ring right of the blue star") == "add a red ring left of the blue star"
    assert mirrored("remove a red ring") == "remove a red ring"


@pytest.mark.parametrize(
    ("seen", "instruction"),
    [
        ("a blue square", "add a red circle left of the blue square"),
        ("a red circle right of a blue square", "move the red circle left of the blue square"),
        ("a green circle left of a blue square", "make the green circle red"),
        ("two red circles left of a blue square", "remove a red circle"),
        ("a red circle", "add a blue square right of the red circle"),
        ("a red circle left of a black star", "turn the black star into a blue square"),
    ],
)
def test_a_repair_mends_what_it_is_told(seen: str, instruction: str) -> None:
    prompt = parse("a red circle left of a blue square")
    scene = truth(layout(parse(seen), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == instruction


@pytest.mark.parametrize(
    ("seen", "instruction"),
    [
        (
            "a blue square left of a red circle, and the blue square left of a green star",
            "move the red circle left of the blue square",
        ),
        (
            "a red circle left of a blue square, and the green star left of the blue square",
            "move the blue square left of the green star and right of the red circle",
        ),
    ],
)
def test_the_subject_is_moved_where_the_failure_says_and_its_other_relation_too(seen: str, instruction: str) -> None:
    prompt = parse("a red circle left of a blue square, and the blue square left of a green star")
    scene = truth(layout(parse(seen), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == instruction


def test_a_missing_thing_is_told_its_own_relations_alone() -> None:
    prompt = parse("a red circle left of a blue square, and the blue square left of a green star")
    scene = truth(layout(parse("a blue square left of a green star"), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == "add a red circle left of the blue square"


def test_what_shall_not_be_is_moved_to_the_contrary() -> None:
    prompt = parse("a red circle not left of a blue square")
    scene = truth(layout(parse("a red circle left of a blue square"), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == "move the red circle right of the blue square"


def test_what_is_near_a_thing_has_that_thing_near_it() -> None:
    prompt = parse("a red circle near a blue square")
    scene = truth(layout(parse("a red circle"), np.random.default_rng(0)))
    assert repair(prompt, scene, failures(prompt, scene)[0]) == "add a blue square near the red circle"


def test_where_the_prompt_is_shown_there_is_nothing_to_repair() -> None:
    prompt = parse("a red circle left of a blue square")
    assert failures(prompt, truth(layout(prompt, np.random.default_rng(0)))) == []


def test_what_waits_for_its_parent_is_no_failure_of_its_own() -> None:
    prompt = parse("a red circle left of a blue square")
    assert [r.kind for r in failures(prompt, truth(layout(parse("a red circle"), np.random.default_rng(0))))] == [
        "exists"
    ]


def test_edited_scenes_can_be_drawn() -> None:
    for edit in SAMPLED[:20]:
        assert draw(edit.target).size == (64, 64)
