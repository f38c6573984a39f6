"""Training edits: what they change is what they say."""

import numpy as np
import pytest

from rlrig.bundled.lessons.edits import EDITS, Edit, sample_edit
from rlrig.bundled.lessons.relaid import size_word
from rlrig_eval.scene import check
from rlrig_eval.shapes import draw, truth

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


def test_edited_scenes_can_be_drawn() -> None:
    for edit in SAMPLED[:20]:
        assert draw(edit.target).size == (64, 64)
