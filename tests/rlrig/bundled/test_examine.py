"""The report on the bundled checkpoints: its figures by hand, on cases whose outcome is known."""

import numpy as np
import pytest
from PIL import Image

from rlrig.bundled.examine import answer_figures, as_markdown, drawing_figures, edit_figures, error_correlation
from rlrig.bundled.lessons.wanted import after
from rlrig.bundled.measuring.measure import held_out_edits, held_out_prompts
from rlrig.bundled.measuring.sheets import drawing_sheet, edit_sheet
from rlrig.bundled.measuring.trials import Answer, Drawing, answers, drawings, edits_done
from rlrig.presets import Loop
from rlrig_eval.scene import Requirement, SceneGraph, parse
from rlrig_eval.shapes import draw, split, unseen


class Painter:
    """Draws every prompt right, but one."""

    evals_per_image = 1

    def draw(self, prompts: list[str], seeds: list[int]) -> list[Image.Image]:
        pictures = [draw(parse(prompt), seed=seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        return [Image.effect_noise((64, 64), 80).convert("RGB"), *pictures[1:]]


class Copyist:
    """Leaves every picture as it is."""

    evals_per_image = 1

    def edit(self, images: list[Image.Image], instructions: list[str], seeds: list[int]) -> list[Image.Image]:
        return images


class Listener(Copyist):
    """Remembers what it was told."""

    heard: tuple[str, ...] = ()

    def edit(self, images: list[Image.Image], instructions: list[str], seeds: list[int]) -> list[Image.Image]:
        self.heard = tuple(instructions)
        return images


class Optimist:
    """Says yes with 90 % to everything."""

    def check(self, images: list[Image.Image], requirements: list[tuple[Requirement, ...]]) -> list[list[float]]:
        return [[0.9] * len(asked) for asked in requirements]


PROMPTS = ["a red circle left of a blue square", "two green stars above a black cross", "a red ring"]


@pytest.fixture(scope="module")
def drawn() -> list[Drawing]:
    return drawings(Painter(), [parse(prompt) for prompt in PROMPTS])


def test_a_drawing_is_right_when_it_misses_nothing(drawn: list[Drawing]) -> None:
    assert [one.right for one in drawn] == [False, True, True]
    assert drawn[0].seen == SceneGraph()
    assert set(drawn[0].missed) == {"exists", "count", "attribute", "left of"}


def test_a_picture_that_is_no_drawing_is_left_out_of_the_instruments_questions(drawn: list[Drawing]) -> None:
    assert [one.text for one in drawn if one.readable] == PROMPTS[1:]


def test_drawings_are_counted_by_things_and_by_relations(drawn: list[Drawing]) -> None:
    figures = drawing_figures(drawn)
    assert figures["all"]["all_correct"]["mean"] == pytest.approx(2 / 3)
    assert figures["things"]["2"]["all_correct"]["mean"] == 0
    assert figures["things"]["3"]["all_correct"]["n"] == 1  # two stars and a cross
    assert figures["relations"]["0"]["entity_iou"]["mean"] == 1
    assert figures["pictures_missing"]["left of"] == pytest.approx(1 / 3)


def test_who_changes_nothing_preserves_all_and_fulfils_only_what_already_held() -> None:
    figures = edit_figures(edits_done(Copyist(), held_out_edits(40), Loop()))
    assert figures["all"]["preserved"]["mean"] == 1
    assert figures["all"]["fulfilled"]["mean"] < 0.3  # one move in eight asks for what holds
    assert figures["all"]["fulfilled"] == figures["all"]["both"]


def test_an_editor_is_measured_told_what_the_loop_tells_it() -> None:
    editor, edits = Listener(), held_out_edits(5)
    edits_done(editor, edits, Loop())
    assert editor.heard == tuple(edit.instruction for edit in edits)
    edits_done(editor, edits, Loop(say="{prompt}, {instruction}"))
    assert editor.heard == tuple(f"{after(edit)}, {edit.instruction}" for edit in edits)


def test_an_instrument_that_always_says_yes_is_right_where_yes_is(drawn: list[Drawing]) -> None:
    right, wrong = drawn[1], drawn[0]
    given = answers(Optimist(), [d.picture for d in drawn[:2]], [right.prompt] * 2, [right.seen, wrong.seen])
    figures = answer_figures(given)
    assert figures["right_when_met"]["mean"] == 1
    assert figures["right_when_not"]["mean"] == 0
    assert figures["accuracy"]["mean"] == pytest.approx(0.5)
    assert figures["ece"] == pytest.approx(0.4)  # 90 % sure, right half of the time


def test_error_correlation_is_that_of_the_errors() -> None:
    def instrument(wrong: str) -> list[Answer]:
        return [Answer(i, "exists", 0.1 if mark == "x" else 0.9, True) for i, mark in enumerate(wrong)]

    assert error_correlation(instrument("xx.."), instrument("xx..")) == pytest.approx(1)
    assert error_correlation(instrument("xx.."), instrument("..xx")) == pytest.approx(-1)
    assert error_correlation(instrument("xx.."), instrument("x.x.")) == pytest.approx(0)
    assert error_correlation(instrument("...."), instrument("x.x.")) is None


def test_the_report_shows_every_figure_with_its_interval(drawn: list[Drawing]) -> None:
    text = as_markdown({"diffuser": drawing_figures(drawn)}, "the command")
    assert "| all, all_correct | 0.667 |" in text
    assert "the command" in text


def test_a_figure_of_a_single_case_has_a_dash_for_its_interval(drawn: list[Drawing]) -> None:
    text = as_markdown({"diffuser": drawing_figures(drawn[:1])}, "the command")
    assert "| all, all_correct | 0.000 | – | 1 |" in text
    assert " to " not in text.partition("## diffuser")[2]


def test_sheets_hold_a_cell_for_each_case(drawn: list[Drawing]) -> None:
    trials = edits_done(Copyist(), held_out_edits(2), Loop())
    sheets = drawing_sheet(drawn), edit_sheet(trials)
    for sheet in sheets:
        assert np.asarray(sheet).std() > 0
    inner = drawn[1].picture.resize((128, 128), Image.Resampling.NEAREST)
    assert sheets[0].crop((8 + 136 + 4, 12, 8 + 136 + 124, 132)).tobytes() == inner.crop((4, 4, 124, 124)).tobytes()


def test_held_out_prompts_are_of_the_bucket_and_the_pairings_asked_for() -> None:
    for with_unseen in (False, True):
        found = held_out_prompts(8, bucket="test", with_unseen=with_unseen)
        assert {split(graph) for graph in found} == {"test"}
        assert {unseen(graph) for graph in found} == {with_unseen}
