"""Training edits: what they change is what they say, and a repair names what is wrong."""

import numpy as np
import pytest

from rlrig.bundled.editor import LESSONS, mirrored
from rlrig.bundled.edits import EDITS, SHARES, Edit, sample_edit
from rlrig.bundled.repair import repair
from rlrig.bundled.sentences import name
from rlrig_eval.scene import check, parse
from rlrig_eval.scene.phrases import with_article
from rlrig_eval.shapes import draw, layout, truth

SAMPLED = [sample_edit(np.random.default_rng(seed)) for seed in range(150)]


def boxes(edit: Edit, side: str) -> dict[str, object]:
    scene = getattr(edit, side)
    return {e.id: (e.category, e.attributes[-1], e.box) for e in scene.entities if e.id not in edit.touched}


def test_every_kind_of_edit_is_met() -> None:
    verbs = {edit.instruction.split()[0] for edit in SAMPLED}
    assert verbs == {"move", "make", "swap", "add", "remove", "turn"}
    assert set(SHARES) < set(LESSONS) == set(EDITS)
    assert sum(SHARES.values()) == pytest.approx(1)
    assert sum(LESSONS.values()) == pytest.approx(1)


def only(kind: str, count: int = 12) -> list[Edit]:
    return [sample_edit(np.random.default_rng(seed), shares={kind: 1.0}) for seed in range(count)]


@pytest.mark.parametrize("edit", only("thin"), ids=lambda edit: edit.instruction)
def test_of_things_alike_the_smallest_goes_or_else_the_highest(edit: Edit) -> None:
    (gone,) = edit.touched
    alike = [e for e in edit.source.entities if name(e) == name(edit.source.entity(gone))]
    assert len(alike) > 1
    assert {e.id for e in edit.source.entities} - {e.id for e in edit.target.entities} == {gone}
    extents = {e.id: (e.box[2] - e.box[0], e.box[1] + e.box[3]) for e in alike}
    assert extents[gone] == min(extents.values())


@pytest.mark.parametrize("edit", only("mend"), ids=lambda edit: edit.instruction)
def test_a_broken_thing_is_asked_for_as_a_missing_one_and_comes_out_whole_where_it_was(edit: Edit) -> None:
    (new,) = {e.id for e in edit.target.entities} - {e.id for e in edit.source.entities}
    assert edit.instruction.startswith(f"add {with_article(name(edit.target.entity(new)))}")
    off = np.abs(np.asarray(edit.before(), float) - np.asarray(draw(edit.target), float)).sum(-1)
    x0, y0, x1, y1 = map(int, edit.target.entity(new).box)
    assert off.sum() == off[max(0, y0 - 4) : y1 + 4, max(0, x0 - 4) : x1 + 4].sum() > 0  # the seams are blurred


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
def test_a_repair_mends_the_first_thing_that_is_wrong(seen: str, instruction: str) -> None:
    prompt = parse("a red circle left of a blue square")
    scene = truth(layout(parse(seen), np.random.default_rng(0)))
    assert repair(prompt, scene, prompt.requirements())[0] == instruction


@pytest.mark.parametrize(
    ("seen", "instruction"),
    [
        # The circle's move mends the relation as well as the square's would, and has no other to break.
        (
            "a blue square left of a red circle, and the blue square left of a green star",
            "move the red circle left of the blue square",
        ),
        # Both relations of the square are broken: its move mends them at once.
        (
            "a blue square left of a red circle, and the green star left of the blue square",
            "move the blue square right of the red circle and left of the green star",
        ),
    ],
)
def test_the_thing_is_moved_whose_move_mends_most_and_breaks_least(seen: str, instruction: str) -> None:
    prompt = parse("a red circle left of a blue square, and the blue square left of a green star")
    scene = truth(layout(parse(seen), np.random.default_rng(0)))
    assert repair(prompt, scene, prompt.requirements())[0] == instruction


def test_a_missing_thing_is_told_its_own_relations_alone() -> None:
    prompt = parse("a red circle left of a blue square, and the blue square left of a green star")
    scene = truth(layout(parse("a blue square left of a green star"), np.random.default_rng(0)))
    assert repair(prompt, scene, prompt.requirements())[0] == "add a red circle left of the blue square"


def test_what_shall_not_be_is_moved_to_the_contrary() -> None:
    prompt = parse("a red circle not left of a blue square")
    scene = truth(layout(parse("a red circle left of a blue square"), np.random.default_rng(0)))
    assert repair(prompt, scene, prompt.requirements())[0] == "move the red circle right of the blue square"


def test_what_is_near_a_thing_has_that_thing_near_it() -> None:
    prompt = parse("a red circle near a blue square")
    scene = truth(layout(parse("a red circle"), np.random.default_rng(0)))
    assert repair(prompt, scene, prompt.requirements())[0] == "add a blue square near the red circle"


def test_nothing_to_repair_is_an_error() -> None:
    prompt = parse("a red circle left of a blue square")
    scene = truth(layout(prompt, np.random.default_rng(0)))
    with pytest.raises(ValueError, match="nothing to repair"):
        repair(prompt, scene, prompt.requirements())


def test_edited_scenes_can_be_drawn() -> None:
    for edit in SAMPLED[:20]:
        assert draw(edit.target).size == (64, 64)
