"""Calibration: a sound chain passes, and each way of being wrong fails by its own measure and stops nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rlrig_eval import evaluate, shapes
from rlrig_eval.errors import Exit
from rlrig_eval.extract import ExtractorSpec, resolve
from rlrig_eval.judges import resolve as resolve_judge
from rlrig_eval.models.synthetic import Synthetic
from rlrig_eval.runs.calibration import calibrate
from rlrig_eval.runs.calibration_record import Calibration, Part, Rate
from rlrig_eval.runs.calibration_scenes import mirrored, scenes
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.scene import check
from tests.runs import tiny

COUNT = 8

READERS = """
from PIL import ImageOps
from rlrig_eval.extract import Unscored
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import NotAShapesDrawing, read

class Mirrored:
    '''Loads its pictures the wrong way round.'''
    name, version = "mirrored", "1"
    def extract(self, image):
        try:
            return read(ImageOps.mirror(image).resize((64, 64)))
        except NotAShapesDrawing as problem:
            raise Unscored(str(problem)) from None

class Blind:
    name, version = "blind", "1"
    def extract(self, image):
        return SceneGraph()

class Refusing:
    name, version = "refusing", "1"
    def extract(self, image):
        raise Unscored("not today")

class Broken:
    name, version = "broken", "1"
    def extract(self, image):
        raise ZeroDivisionError("weights do not match")

class Parrot:
    '''Repeats the words it is given.'''
    name, version = "parrot", "1"
    def extract_worded(self, image, words):
        first, second = words.categories
        return SceneGraph.from_triples([(first, words.predicates[0], second), (second, words.predicates[0], first)])
"""


@pytest.fixture
def readers(tmp_path: Path) -> Path:
    path = tmp_path / "readers.py"
    path.write_text(READERS)
    return path


def part(path: Path, name: str) -> Part:
    return calibrate(resolve(f"{path}:{name}"), count=COUNT).parts[0]


def test_every_scene_shows_what_it_states_and_the_controls_do_not() -> None:
    made = scenes(12, 64)
    assert [(s.stated, s.text(s.stated)) for s in made] == [(s.stated, s.text(s.stated)) for s in scenes(12, 64)]
    assert [s.drawing.tobytes() for s in made] == [s.drawing.tobytes() for s in scenes(12, 64)]
    for scene in made:
        shown, mirror = shapes.read(scene.drawing), shapes.read(scene.mirror_image)
        assert all(check(scene.stated.requirements(), shown).values())
        assert all(check(scene.mirrored.requirements(), mirror).values())
        assert not all(check(scene.stated.requirements(), shapes.read(scene.other)).values())
        assert scene.mirrored == scene.stated or scene.sideways
        assert mirrored(scene.mirrored) == scene.stated


def test_the_shapes_extractor_passes_with_everything_right() -> None:
    found = calibrate(resolve("shapes"), count=COUNT)
    (one,) = found.parts
    assert (found.failure, one.accuracy.mean, one.flip_consistency.mean, one.false_accept.mean) == (None, 1, 1, 0)
    assert {name: rate.n for name, rate in one.false_accepts.items()} == {"blank": 8, "shuffled": 8, "reversed": 8}
    assert one.accuracy.ci95[0] == pytest.approx(0.806, abs=1e-3)  # Wilson, 16 of 16
    assert (one.unscored, one.readings) == (0, 32)


def test_a_reader_that_turns_pictures_round_fails_on_left_and_right(readers: Path) -> None:
    one = part(readers, "Mirrored")
    assert (one.accuracy.mean, one.false_accepts["reversed"].mean) == (0.5, 1.0)
    assert any("accuracy 0.500" in fault for fault in one.faults)


def test_a_reader_that_sees_nothing_fails_on_accuracy_and_accepts_nothing(readers: Path) -> None:
    one = part(readers, "Blind")
    assert (one.accuracy.mean, one.false_accept.mean) == (0.0, 0.0)
    assert one.faults


def test_a_reader_that_repeats_its_words_is_always_right_and_caught_by_the_controls(readers: Path) -> None:
    one = part(readers, "Parrot")
    assert (one.accuracy.mean, one.false_accept.mean) == (1.0, 1.0)
    assert one.flip_consistency.mean == 0.5  # above and below do not change in a mirror
    assert any("false accepts 1.000" in fault for fault in one.faults)


def test_a_reader_that_refuses_drawings_fails_by_coverage_and_its_refusals_are_no_zeros(readers: Path) -> None:
    one = part(readers, "Refusing")
    assert (one.unscored, one.readings, one.accuracy.mean) == (32, 32, None)
    assert any("32 of 32 drawings unscored (not today)" in fault for fault in one.faults)


def test_a_reader_that_crashes_is_a_finding_and_no_crash(readers: Path) -> None:
    found = calibrate(resolve(f"{readers}:Broken"), count=COUNT)
    assert found.failure is not None
    assert "extractor broken 1: could not be calibrated: ZeroDivisionError: weights do not match" in found.failure


def test_a_judge_that_always_says_yes_is_caught(tmp_path: Path) -> None:
    (tmp_path / "yes.jsonl").write_text(json.dumps({"reply": "yes", "asks": ""}) + "\n")
    judge = resolve_judge("scripted", {"replies": str(tmp_path / "yes.jsonl"), "rubric": "p-yes"})
    found = calibrate(resolve("shapes"), [judge], count=COUNT)
    assert [bool(one.faults) for one in found.parts] == [False, True]
    assert (found.parts[1].accuracy.mean, found.parts[1].false_accept.mean) == (1.0, 1.0)
    assert found.failure is not None
    assert f"judge {judge.slug}" in found.failure


def test_a_chain_that_fails_is_named_at_the_top_exits_1_and_never_stops_the_drawing(
    readers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rlrig_eval.cli.tables import say_result

    source = f"{readers}:Mirrored"
    run = evaluate(tiny.suite(), "synthetic", extractor=source, limit=4, out=tmp_path / "run", calibrate=True)
    assert (run.exit_code, run.summary["coverage"]["ok"]) == (Exit.RUN, 4)
    assert list(run.summary)[:2] == ["schema", "calibration"]
    assert run.summary["calibration"]["failure"].startswith("CALIBRATION FAILED: extractor mirrored 1")
    kept = RunConfig.model_validate_json((tmp_path / "run" / "run.json").read_text())
    assert kept.calibration is not None
    assert kept.distrust == run.summary["calibration"]["failure"]
    say_result(run, as_json=False)
    shown = capsys.readouterr()
    assert shown.out.startswith("CALIBRATION FAILED: extractor mirrored 1")
    assert "warning: CALIBRATION FAILED" in shown.err


def test_a_run_keeps_its_calibration_when_it_goes_on_and_one_without_has_none(tmp_path: Path) -> None:
    run = evaluate(tiny.suite(), "synthetic", limit=2, out=tmp_path / "run", calibrate=True)
    again = evaluate(tiny.suite(), "synthetic", limit=2, out=tmp_path / "run")
    assert (run.exit_code, again.config.calibration) == (Exit.OK, run.config.calibration)
    plain = evaluate(tiny.suite(), "synthetic", limit=2, out=tmp_path / "plain")
    assert ("calibration" in plain.summary, plain.config.calibration) == (False, None)


class Stopped(Synthetic):
    """Ctrl-C before the first picture, the first time."""

    stopped = False

    def generate(self, jobs):
        if not self.stopped:
            self.stopped = True
            raise KeyboardInterrupt
        return super().generate(jobs)


def test_a_calibration_that_failed_is_not_forgotten_when_the_run_is_stopped(readers: Path, tmp_path: Path) -> None:
    model, given = Stopped(), {"extractor": f"{readers}:Mirrored", "limit": 2, "out": tmp_path / "run"}
    with pytest.raises(KeyboardInterrupt):
        evaluate(tiny.suite(), model, **given, calibrate=True)
    again = evaluate(tiny.suite(), model, **given)
    assert (again.exit_code, again.config.distrust is None) == (Exit.RUN, False)


class Waiting(Synthetic):
    """Draws once something else is done."""

    def __init__(self, first: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.first = first

    def generate(self, jobs):
        self.first()
        return super().generate(jobs)


def test_a_shard_that_began_before_takes_no_calibration_back(readers: Path, tmp_path: Path) -> None:
    given = {"extractor": f"{readers}:Mirrored", "limit": 2, "batch_size": 1, "out": tmp_path / "run"}
    suite = tiny.suite()
    model = Waiting(lambda: evaluate(suite, Waiting(), **given, shard=(1, 2), calibrate=True))
    run = evaluate(suite, model, **given, shard=(2, 2))
    assert run.whole
    assert run.config.distrust is not None


def test_a_share_of_nothing_fails() -> None:
    empty = Part(chain="judge x")
    assert len(empty.faults) == 4
    assert Rate.of([]) == Rate()
    assert Calibration(scenes=8, side=64, parts=(empty,)).failure


def test_pictures_for_models_of_photographs_are_larger() -> None:
    spec = ExtractorSpec(name="detector", version="1", source="detector", options={"model": "/nowhere"})
    assert calibrate(spec, count=COUNT).side == 512
