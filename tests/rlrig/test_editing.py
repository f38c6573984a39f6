"""The table of Inverse Diffusers: how an edit becomes texts, and what the table says."""

from __future__ import annotations

from rlrig.bundled.lessons.wanted import after
from rlrig.bundled.measuring.measure import held_out_edits
from rlrig.editing import before, table
from rlrig_eval.scene import SceneGraph, parse

EDITS = held_out_edits(12, seed=3)


def things(graph: SceneGraph) -> list[tuple[str, ...]]:
    """By kind and colour: a prompt names a size only where the edit is about one."""
    words = {"small", "large"}
    return sorted((e.category, *sorted(set(e.attributes) - words)) for e in graph.expand().entities)


def test_the_texts_name_the_things_before_and_after() -> None:
    for edit in EDITS:
        for text, scene in ((before(edit), edit.source), (after(edit), edit.target)):
            assert things(parse(text)) == things(scene), text


def test_the_text_after_states_what_the_edit_asks_for() -> None:
    moves = [edit for edit in EDITS if edit.goals]
    assert moves
    for edit in moves:
        stated = {relation.predicate for relation in parse(after(edit)).relations}
        assert {goal.predicate for goal in edit.goals} <= stated


def test_the_table_says_how_many_edits_and_by_which_command() -> None:
    share = {"mean": 0.5, "ci95": [0.25, 0.75], "n": 8}
    row = {"fulfilled": share, "preserved": share, "both": share, "denoiser_evals": 32}
    text = table({"kontext": row}, 8, "python -m rlrig.editing --count 8 --only kontext")
    assert "8 held-out edits" in text
    assert "`python -m rlrig.editing --count 8 --only kontext`" in text
    assert "| kontext | 0.50 [0.25, 0.75] | 0.50 [0.25, 0.75] | 0.50 [0.25, 0.75] | 32 |" in text
