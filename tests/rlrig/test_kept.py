"""Loops that differ in Actor or editor find in one file what they draw alike, and what was said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from rlrig.backends.kept import Kept, KeptChecker, KeptDiffuser, KeptEditor
from rlrig.spent import Spent
from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.models import Job, build, resolve
from rlrig_eval.scene import parse
from tests.models import untrained
from tests.runs import tiny

JOBS = [Job(p.id, p.text, p.graph, 0, 1000 + n) for n, p in enumerate(tiny.suite().prompts[:3])]
ASKED = parse("a red circle left of a blue square").requirements()


class Painter:
    """A Diffuser and an editor whose pictures tell the seed, and which keeps what it was asked for."""

    evals_per_image = 4

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def draw(self, prompts, seeds):
        self.asked += zip(prompts, seeds, strict=True)
        return [Image.new("RGB", (8, 8), (seed, 0, 0)) for seed in seeds]

    def edit(self, images, instructions, seeds):
        return self.draw(instructions, seeds)


class Looker:
    """A Checker that says the same of every picture, and counts what it was shown."""

    def __init__(self, answer: float) -> None:
        self.answer, self.shown, self.spent = answer, 0, []

    def check(self, images, requirements):
        self.shown += len(images)
        self.spent = [Spent(len(asked), 7, 1) for asked in requirements]
        return [[self.answer] * len(asked) for asked in requirements]


def test_a_picture_is_drawn_once_whatever_it_is_drawn_with(tmp_path: Path) -> None:
    painter = Painter()
    one = KeptDiffuser(painter, Kept(tmp_path / "kept.sqlite"), "weights a")
    first = one.draw(["a", "b"], [1, 2])
    other = KeptDiffuser(painter, Kept(tmp_path / "kept.sqlite"), "weights a")
    again = other.draw(["b", "c", "a"], [2, 3, 1])
    assert painter.asked == [("a", 1), ("b", 2), ("c", 3)]
    assert [image.tobytes() for image in (again[2], again[0])] == [image.tobytes() for image in first]
    painter.evals_per_image = 6  # as of an editor that finds out how many it takes
    other.draw(["d"], [4])
    assert other.evals_per_image == 6
    other.draw(["a", "c"], [1, 3])
    assert other.evals_per_image == 4
    other.draw(["a"], [2])
    KeptDiffuser(painter, Kept(tmp_path / "kept.sqlite"), "weights b").draw(["a"], [1])
    assert painter.asked[3:] == [("d", 4), ("a", 2), ("a", 1)]


def test_an_edit_is_made_once_of_each_picture(tmp_path: Path) -> None:
    painter, red, blue = Painter(), Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    editor = KeptEditor(painter, Kept(tmp_path / "kept.sqlite"), "weights")
    first = editor.edit([red, blue], ["add a star", "add a star"], [1, 2])
    again = editor.edit([red, red, red], ["move it", "add a star", "add a star"], [1, 1, 3])
    assert painter.asked == [("add a star", 1), ("add a star", 2), ("move it", 1), ("add a star", 3)]
    assert again[1].tobytes() == first[0].tobytes()
    assert editor.evals_per_image == 4
    KeptEditor(painter, Kept(tmp_path / "kept.sqlite"), "with an adapter").edit([red], ["move it"], [1])
    assert len(painter.asked) == 5


def test_a_question_is_asked_once_and_what_it_took_is_told_each_time(tmp_path: Path) -> None:
    looker, red, blue = Looker(0.75), Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    checker = KeptChecker(looker, Kept(tmp_path / "kept.sqlite"), "weights")
    for images in ([red], [blue, red]):
        answers = checker.check(images, [ASKED] * len(images))
        assert answers == [[0.75] * len(ASKED)] * len(images)
        assert checker.spent == [Spent(len(ASKED), 7, 1)] * len(images)
    assert looker.shown == 2
    checker.check([red], [ASKED[:2]])
    assert looker.shown == 3


def test_what_is_no_answer_is_not_kept(tmp_path: Path) -> None:
    looker, image = Looker(float("nan")), Image.new("RGB", (8, 8))
    checker = KeptChecker(looker, Kept(tmp_path / "kept.sqlite"), "weights")
    with pytest.raises(RunError):
        checker.check([image], [ASKED])
    looker.answer = 0.5
    assert checker.check([image], [ASKED]) == [[0.5] * len(ASKED)]


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("these are no drawings, and long enough to be told from an empty file\n" * 20)
    with pytest.raises(UsageError, match=r"kept .*notes\.txt: cannot be used: file is not a database"):
        Kept(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="cannot be used"):
        Kept(tmp_path / "notes.txt" / "kept.sqlite")


def test_a_loop_comes_out_the_same_with_what_another_kept(tmp_path: Path) -> None:
    preset = {"preset": str(untrained.preset(tmp_path / "system"))}
    plain = build(resolve("rlrig", preset, {})).generate(JOBS)
    kept = {**preset, "kept": str(tmp_path / "kept.sqlite")}
    for actor in ("random", "vlm", "vlm"):  # the control first: what it draws is what the others begin with
        found = build(resolve("rlrig", {**kept, "actor": actor}, {})).generate(JOBS)
    for one, other in zip(found, plain, strict=True):
        assert [image.tobytes() for image in one.rounds] == [image.tobytes() for image in other.rounds]
        assert one.cost == other.cost
        assert [r["reward"] for r in one.trace["rounds"]] == [r["reward"] for r in other.trace["rounds"]]
