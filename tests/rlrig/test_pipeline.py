"""The loop of RL-RIG with roles whose behaviour is known: it checks, edits, backtracks, starts afresh and stops."""

import math
import time
from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np
import pytest
from PIL import Image

from rlrig.pipeline import RLRIGPipeline
from rlrig.presets import Loop
from rlrig.spent import Spent
from rlrig.trace import Calls, Trace
from rlrig_eval.errors import RunError
from rlrig_eval.scene import Requirement, SceneGraph, check, parse
from rlrig_eval.shapes import draw, read
from rlrig_eval.suite.seeds import candidate_seed

PROMPT = "a red circle left of a blue square"
RIGHT = draw(parse(PROMPT), seed=1)
SWAPPED = draw(parse("a red circle right of a blue square"), seed=1)
PALE = draw(parse("a green circle left of a green square"), seed=1)
LONELY = draw(parse("a red circle"), seed=1)


class Painter:
    """Draws the given pictures, one a call, and remembers its seeds."""

    evals_per_image = 10

    def __init__(self, *pictures: Image.Image) -> None:
        self.pictures, self.seeds, self.read = list(pictures), list[int](), list[str]()

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Image.Image]:
        self.seeds += seeds
        self.read += prompts
        return [self.pictures.pop(0) for _ in prompts]

    def edit(
        self, images: Sequence[Image.Image], instructions: Sequence[str], seeds: Sequence[int]
    ) -> list[Image.Image]:
        return self.draw(instructions, seeds)


class Reader:
    """Sees the truth."""

    def check(self, images: Sequence[Image.Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        return [
            [0.9 if met else 0.1 for met in check(asked, read(image)).values()]
            for image, asked in zip(images, requirements, strict=True)
        ]


class Writer:
    """Names the first failed requirement; remembers the pictures that it was shown, and how many failures of each."""

    def __init__(self) -> None:
        self.shown: list[Image.Image] = []
        self.told: list[int] = []

    def write(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        failed: Sequence[Sequence[Requirement]],
        seeds: Sequence[int],
    ) -> list[str]:
        self.shown += images
        self.told += map(len, failed)
        return [f"mend: {wrong[0].statement()}" for wrong in failed]


class Overflowing(Reader):
    """Sees the truth, and says of the last requirement what a logit beyond half precision says."""

    def check(self, images: Sequence[Image.Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        return [[*row[:-1], math.nan] for row in super().check(images, requirements)]


def test_an_answer_that_is_no_number_is_an_error_and_not_a_no() -> None:
    with pytest.raises(RunError, match="the Checker answers NaN"):
        RLRIGPipeline(Painter(RIGHT), Overflowing(), Writer(), Painter(), Loop())([PROMPT], [0])


class CountingReader(Reader):
    """Says what it took: a call and ten tokens read a requirement."""

    def check(self, images: Sequence[Image.Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        self.spent = [Spent(len(asked), 10 * len(asked), len(asked)) for asked in requirements]
        return super().check(images, requirements)


class SlowWriter(Writer):
    """Takes its time, and says what it took."""

    SECONDS = 0.1

    def write(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        failed: Sequence[Sequence[Requirement]],
        seeds: Sequence[int],
    ) -> list[str]:
        time.sleep(self.SECONDS)
        self.spent = [Spent(1, 30, 5)] * len(images)
        return super().write(images, prompts, failed, seeds)


def pipeline(diffuser: Painter, editor: Painter, actor: Writer | None = None, **loop: object) -> RLRIGPipeline:
    return RLRIGPipeline(diffuser, Reader(), actor or Writer(), editor, Loop.model_validate(loop))


def test_a_right_picture_is_left_alone() -> None:
    (result,) = pipeline(Painter(RIGHT), Painter())([PROMPT], [0])
    assert result.trace.stopped == "satisfied"
    assert result.trace.calls.images == 1
    assert result.trace.rounds[0].reward == 1.0


def test_a_wrong_picture_is_edited_as_the_actor_asks() -> None:
    (result,) = pipeline(Painter(SWAPPED), Painter(RIGHT))([PROMPT], [0])
    drawn, edited = result.trace.rounds
    assert drawn.reward < edited.reward == 1.0
    assert (edited.action, edited.parent) == ("edit", 0)
    assert edited.instruction == "mend: the circle is left of the square"
    assert result.image is RIGHT
    assert result.trace.calls.denoiser_evals == 20


def test_after_a_worse_edit_it_goes_back_to_the_best_picture() -> None:
    actor = Writer()
    (result,) = pipeline(Painter(SWAPPED), Painter(LONELY, RIGHT), actor)([PROMPT], [0])
    assert [r.parent for r in result.trace.rounds] == [None, 0, 0]
    assert actor.shown == [SWAPPED, SWAPPED]


def test_without_backtracking_it_edits_the_last_picture() -> None:
    actor = Writer()
    pipeline(Painter(SWAPPED), Painter(LONELY, RIGHT), actor, backtrack=False)([PROMPT], [0])
    assert actor.shown == [SWAPPED, LONELY]


@pytest.mark.parametrize(
    ("say", "read"),
    [("{instruction}", "mend: {wrong}"), ("{prompt}, {instruction}", PROMPT + ", mend: {wrong}")],
)
def test_the_editor_reads_the_instruction_and_the_prompt_beside_it_where_the_loop_says_so(say: str, read: str) -> None:
    editor = Painter(RIGHT)
    (result,) = pipeline(Painter(SWAPPED), editor, say=say)([PROMPT], [0])
    wrong = parse(PROMPT).requirements()[-1].statement()
    assert editor.read == [read.format(wrong=wrong)]
    assert result.trace.rounds[1].instruction == f"mend: {wrong}", "the trace keeps what the Actor wrote"


@pytest.mark.parametrize(("at_once", "told"), [(None, 2), (1, 1), (5, 2)])
def test_the_actor_is_told_no_more_failures_at_once_than_the_loop_says(at_once: int | None, told: int) -> None:
    actor = Writer()
    pipeline(Painter(PALE), Painter(RIGHT), actor, at_once=at_once)([PROMPT], [0])
    assert actor.told == [told]


def test_a_drawing_with_too_little_right_is_drawn_afresh_rather_than_edited() -> None:
    diffuser, editor = Painter(LONELY, SWAPPED), Painter(RIGHT)
    (result,) = pipeline(diffuser, editor, fresh_below=0.6)([PROMPT], [0])
    assert [(r.action, r.reward) for r in result.trace.rounds] == [
        ("draw", pytest.approx(3 / 7)),
        ("fresh", pytest.approx(6 / 7)),
        ("edit", 1.0),
    ]


def test_when_edits_do_not_help_it_starts_afresh_and_keeps_the_best() -> None:
    diffuser, editor = Painter(SWAPPED, LONELY), Painter(LONELY, LONELY, LONELY)
    (result,) = pipeline(diffuser, editor, patience=2)([PROMPT], [0])
    assert [r.action for r in result.trace.rounds] == ["draw", "edit", "edit", "fresh", "edit"]
    assert [r.parent for r in result.trace.rounds] == [None, 0, 0, None, 3]
    assert result.trace.chosen == 0
    assert result.trace.stopped == "budget"


def test_every_round_has_noise_of_its_own() -> None:
    diffuser, editor = Painter(SWAPPED), Painter(LONELY, RIGHT)
    pipeline(diffuser, editor)([PROMPT], [42])
    assert diffuser.seeds == [42]
    assert editor.seeds == [candidate_seed(42, 1), candidate_seed(42, 2)]


def test_finished_prompts_leave_the_batch() -> None:
    results = pipeline(Painter(RIGHT, SWAPPED, RIGHT), Painter(RIGHT))([PROMPT] * 3, [0, 1, 2])
    assert [len(r.trace.rounds) for r in results] == [1, 2, 1]


def test_the_budget_counts_every_picture_the_checker_sees() -> None:
    (result,) = pipeline(Painter(SWAPPED), Painter(LONELY), max_edits=1)([PROMPT], [0])
    assert result.trace.calls.images == 2
    asked = len(parse(PROMPT).requirements())
    assert result.trace.calls.vlm_calls == 2 * asked + 1  # one instruction


def test_a_round_keeps_what_it_took_and_the_rounds_are_the_whole() -> None:
    diffuser, editor = Painter(LONELY, SWAPPED), Painter(RIGHT)
    editor.evals_per_image = 12
    loop = Loop(fresh_below=0.6)
    (result,) = RLRIGPipeline(diffuser, CountingReader(), SlowWriter(), editor, loop)([PROMPT], [0])
    asked = len(parse(PROMPT).requirements())
    look = {"images": 1, "vlm_calls": asked, "vlm_tokens_read": 10 * asked, "vlm_tokens_written": asked}
    wrote = {"vlm_calls": asked + 1, "vlm_tokens_read": 10 * asked + 30, "vlm_tokens_written": asked + 5}
    rounds = result.trace.rounds
    assert [r.action for r in rounds] == ["draw", "fresh", "edit"]
    assert [r.calls for r in rounds] == [
        Calls(denoiser_evals=10, **look),
        Calls(denoiser_evals=10, **look),
        Calls(denoiser_evals=12, **{**look, **wrote}),
    ]
    assert result.trace.calls == reduce(add, (r.calls for r in rounds))


def test_what_a_role_does_not_tell_of_its_tokens_is_known_of_no_round_and_not_of_the_whole() -> None:
    (result,) = RLRIGPipeline(Painter(SWAPPED), CountingReader(), Writer(), Painter(RIGHT), Loop())([PROMPT], [0])
    assert [r.calls.vlm_tokens_read is None for r in result.trace.rounds] == [False, True]
    assert (result.trace.calls.vlm_tokens_read, result.trace.calls.images) == (None, 2)


def test_the_actors_writing_is_part_of_the_seconds_of_its_round() -> None:
    (result,) = pipeline(Painter(SWAPPED), Painter(RIGHT), SlowWriter())([PROMPT], [0])
    assert result.trace.rounds[1].seconds >= SlowWriter.SECONDS


def test_a_trace_from_before_rounds_kept_their_calls_is_still_read() -> None:
    (result,) = pipeline(Painter(SWAPPED), Painter(RIGHT))([PROMPT], [0])
    whole = result.trace.model_dump(mode="json")
    assert Trace.model_validate(whole) == result.trace
    for seen in whole["rounds"]:
        del seen["calls"]
    assert [r.calls for r in Trace.model_validate(whole).rounds] == [None, None]


def test_one_more_than_asked_for_is_wrong_only_where_the_prompt_counts_exactly() -> None:
    text, two = "a red circle", draw(parse("two red circles"), seed=1)
    exact, loose = pipeline(Painter(two, two), Painter(two), max_edits=1)(
        [text, text], [0, 1], countings=["exact", "at_least"]
    )
    assert (exact.trace.stopped, loose.trace.stopped) == ("budget", "satisfied")
    assert set(loose.trace.rounds[0].probabilities) == {r.id for r in parse(text).requirements("at_least")}
    (unsaid,) = pipeline(Painter(two), Painter(two), max_edits=1)([text], [0])
    assert unsaid.trace.stopped == "budget"


def test_a_prompt_without_requirements_is_satisfied_by_anything() -> None:
    (result,) = pipeline(Painter(LONELY), Painter())(["anything"], [0], [SceneGraph()])
    assert result.trace.stopped == "satisfied"


def test_prompts_and_seeds_must_pair_up() -> None:
    with pytest.raises(ValueError, match="2 prompts but 1 seeds"):
        pipeline(Painter(), Painter())([PROMPT, PROMPT], [0])


def test_the_pictures_of_these_tests_are_what_they_are_called() -> None:
    asked = parse(PROMPT).requirements()
    met = [np.mean(list(check(asked, read(image)).values())) for image in (RIGHT, SWAPPED, LONELY)]
    assert met[0] == 1 > met[1] > met[2]
