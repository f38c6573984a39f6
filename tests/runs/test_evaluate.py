"""A run from suite to summary: what it scores, what it does with a bad model, how it goes on."""

from __future__ import annotations

import fcntl
import json
import re
from pathlib import Path
from threading import Event, Thread, current_thread

import numpy as np
import pytest
from PIL import Image

from rlrig_eval import atomic, evaluate
from rlrig_eval.errors import Exit, RunError, UsageError
from rlrig_eval.models import Failure
from rlrig_eval.models.synthetic import Synthetic
from rlrig_eval.report.entry import read_entries
from rlrig_eval.runs import Run, open_run
from rlrig_eval.runs.finish import finish
from rlrig_eval.runs.latest import read_run, read_samples, read_scores
from rlrig_eval.runs.summary import summarise
from tests.runs import painters, tiny

SUITE = tiny.suite()
FILES = {"run.json", "suite.json", "samples.jsonl", "images", "scores", "timing.json", "summary.json"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "synthetic"
    assert evaluate(SUITE, "synthetic", options={"error_rate": 0.3}, out=folder).exit_code is Exit.OK
    return folder


def summary_of(folder: Path) -> dict:
    return json.loads((folder / "summary.json").read_text())


def test_a_perfect_model_is_scored_perfect(tmp_path: Path) -> None:
    run = evaluate(SUITE, "synthetic", out=tmp_path / "run")
    assert run.exit_code is Exit.OK
    strict = ("all_correct", "requirements", "sg_iou", "entity_iou", "relation_iou", "pair_accuracy")
    assert {run.summary["metrics"][name]["mean"] for name in strict} == {1.0}


def test_the_folder_holds_what_the_design_says(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == FILES
    assert len(list((finished / "images").iterdir())) == 30
    first = json.loads((finished / "samples.jsonl").read_text().splitlines()[0])
    assert set(first) == {
        *("id", "prompt_id", "seed", "batch", "status", "image", "image_sha256", "size", "seconds"),
        *("cost", "peak_mib", "trace", "error"),
    }
    assert (first["id"], first["image"], first["size"]) == ("p00#s0", "images/p00_0.png", [64, 64])


def test_the_summary_has_the_promised_parts(finished: Path) -> None:
    summary = summary_of(finished)
    assert set(summary) == {
        *("schema", "suite", "model", "protocol", "settings", "extractor", "judges", "coverage"),
        *("coverage_by_scorer", "metrics", "by_tag", "cost"),
    }
    assert summary["coverage"] == {"planned": 30, "ok": 30, "error": 0, "unscored": 0}
    assert set(summary["by_tag"]) == {tag for prompt in SUITE.prompts for tag in prompt.tags}
    assert summary["by_tag"]["single"]["pair_accuracy"] == {"mean": None, "ci95": [None, None], "n": 0}
    assert summary["cost"]["images_per_sample"] == 1.0
    assert summary["cost"]["denoiser_evals_per_sample"] is None


def test_an_average_of_seeds_is_one_prompt(tmp_path: Path) -> None:
    run = evaluate(SUITE, "synthetic", options={"error_rate": 0.5}, seeds=(0, 1, 2), limit=10, out=tmp_path / "run")
    assert run.summary["coverage"]["planned"] == 30
    assert run.summary["metrics"]["all_correct"]["n"] == 10
    assert run.summary["protocol"] == {"seeds": [0, 1, 2], "images_per_prompt": 3, "variant": "text"}


@pytest.mark.parametrize("batch_size", [1, 32])
def test_the_batch_size_changes_no_score(finished: Path, tmp_path: Path, batch_size: int) -> None:
    run = evaluate(SUITE, "synthetic", options={"error_rate": 0.3}, batch_size=batch_size, out=tmp_path / "run")
    assert run.summary == summary_of(finished)


def test_two_shards_in_one_folder_are_one_run(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = evaluate(SUITE, "synthetic", options={"error_rate": 0.3}, shard=(2, 2), out=out)
    assert (first.whole, first.exit_code, (out / "summary.json").exists()) == (False, Exit.OK, False)
    second = evaluate(SUITE, "synthetic", options={"error_rate": 0.3}, shard=(1, 2), out=out)
    assert second.whole
    assert (out / "summary.json").read_bytes() == (finished / "summary.json").read_bytes()


def test_a_run_is_not_finished_while_scores_are_owed(finished: Path, tmp_path: Path) -> None:
    """A shard that is killed between its last pictures and their scores leaves the others no finished run."""
    out, given = tmp_path / "run", {"options": {"error_rate": 0.3}}
    evaluate(SUITE, "synthetic", **given, shard=(1, 2), out=out)
    scores = out / "scores" / "graph.1-of-2.jsonl"
    scores.write_text("".join(scores.read_text().splitlines(keepends=True)[:-1]))
    second = evaluate(SUITE, "synthetic", **given, shard=(2, 2), out=out)
    assert (second.config.status, (out / "summary.json").exists()) == ("partial", False)
    assert evaluate(SUITE, "synthetic", **given, shard=(1, 2), out=out).config.status == "finished"
    assert (out / "summary.json").read_bytes() == (finished / "summary.json").read_bytes()


def test_two_shards_that_end_together_leave_a_finished_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    for part in (1, 2):
        evaluate(SUITE, "synthetic", limit=8, batch_size=4, shard=(part, 2), out=out)
    run, late = open_run(out), out / "samples.2-of-2.jsonl"
    late.rename(tmp_path / "late")
    others: list[Thread] = []
    waits, flock = Event(), fcntl.flock

    def end() -> None:
        finish(out, run.suite, run.batches, run.batches)

    def locking(*given) -> None:
        if current_thread() in others:
            waits.set()
        flock(*given)

    def reading(*given):
        found = read_run(*given)
        if not others:  # the other shard writes its last rows and ends, between this one's reading and its writing
            (tmp_path / "late").rename(late)
            others.append(Thread(target=end))
            others[0].start()
            while others[0].is_alive() and not waits.wait(0.01):
                pass
        return found

    monkeypatch.setattr(fcntl, "flock", locking)
    monkeypatch.setattr("rlrig_eval.runs.finish.read_run", reading)
    end()
    others[0].join()
    assert (open_run(out).config.status, (out / "summary.json").exists()) == ("finished", True)


WRONG = {
    painters.TooFew: "the model returned 7 pictures for 8 jobs",
    painters.WrongSize: "the picture is 32 x 32, not 64 x 64",
    painters.Grey: "of mode L, not RGB",
    painters.NotANumber: "NaN",
    painters.FloatPicture: "of mode F, not RGB",
    painters.Arrays: "returned a ndarray, not a picture",
    painters.Broken: "RuntimeError: CUDA out of memory",
    painters.Leaving: "SystemExit: 3",
    painters.BadCost: "what came with the picture cannot be kept: TypeError",
    painters.NanCost: "what came with the picture cannot be kept: ValidationError",
    painters.Mojibake: "OSError: caf\\udce9.png",
    painters.BadTrace: "what came with the picture cannot be kept: TypeError",
}


@pytest.mark.parametrize("painter", WRONG, ids=lambda painter: painter.__name__)
def test_what_a_model_does_wrong_is_an_error_and_never_a_score(painter: type, tmp_path: Path) -> None:
    run = evaluate(SUITE, painter(), limit=16, out=tmp_path / "run")
    assert run.exit_code is Exit.RUN
    assert run.summary["coverage"] == {"planned": 16, "ok": 0, "error": 16, "unscored": 0}
    assert run.summary["metrics"]["all_correct"] == {"mean": None, "ci95": [None, None], "n": 0}
    assert WRONG[painter] in (read_samples(tmp_path / "run")["p00#s0"].error or "")


def test_one_refusal_costs_one_sample(tmp_path: Path) -> None:
    run = evaluate(SUITE, painters.Moody(), limit=8, out=tmp_path / "run")
    assert run.summary["coverage"]["error"] == 1
    assert run.exit_code is Exit.RUN


def test_a_picture_of_another_world_is_unscored(tmp_path: Path) -> None:
    run = evaluate(SUITE, painters.Photographer(), limit=8, out=tmp_path / "run")
    assert run.summary["coverage"] == {"planned": 8, "ok": 0, "error": 0, "unscored": 8}
    assert run.exit_code is Exit.RUN
    assert "coverage 0.0% is under" in (run.shortfall or "")
    assert "/8 scored) (not a shapes drawing" in (run.shortfall or "")
    reasons = {row.reason for row in read_scores(tmp_path / "run", "graph").values()}
    assert all("not a shapes drawing" in (reason or "") for reason in reasons)


def test_coverage_above_the_suites_threshold_is_enough(tmp_path: Path) -> None:
    class Mixed(painters.Painter):
        def generate(self, jobs):
            drawn = Synthetic().generate(jobs)
            return [
                Image.new("RGB", (64, 64), (255, 0, 255)) if j.prompt_id == "p01" else d
                for j, d in zip(jobs, drawn, strict=True)
            ]

    lenient = SUITE.model_copy(update={"error_policy": SUITE.error_policy.model_copy(update={"min_coverage": 0.8})})
    assert evaluate(lenient, Mixed(), limit=8, out=tmp_path / "lenient").exit_code is Exit.OK
    assert evaluate(SUITE, Mixed(), limit=8, out=tmp_path / "strict").exit_code is Exit.RUN


class Counting(Synthetic):
    """Remembers which batches it drew."""

    def __init__(self) -> None:
        super().__init__(error_rate=0.3)
        self.drawn: list[list[str]] = []

    def generate(self, jobs):
        self.drawn.append([job.prompt_id for job in jobs])
        return super().generate(jobs)


def test_a_run_that_is_in_is_not_drawn_again(tmp_path: Path) -> None:
    first, again = Counting(), Counting()
    evaluate(SUITE, first, limit=16, batch_size=4, out=tmp_path / "run")
    before = (tmp_path / "run" / "summary.json").read_bytes()
    evaluate(SUITE, again, limit=16, batch_size=4, out=tmp_path / "run")
    assert (len(first.drawn), again.drawn) == (4, [])
    assert (tmp_path / "run" / "summary.json").read_bytes() == before


def test_a_batch_with_one_sample_missing_is_drawn_whole(tmp_path: Path) -> None:
    out, again = tmp_path / "run", Counting()
    evaluate(SUITE, Counting(), limit=16, batch_size=4, out=out)
    before = (out / "summary.json").read_bytes()
    lines = (out / "samples.jsonl").read_text().splitlines(keepends=True)
    (out / "samples.jsonl").write_text("".join(line for line in lines if '"p06#s0"' not in line))
    evaluate(SUITE, again, limit=16, batch_size=4, out=out)
    assert again.drawn == [["p04", "p05", "p06", "p07"]]
    assert (out / "summary.json").read_bytes() == before


def test_a_score_that_is_missing_is_made_up_for_without_drawing(tmp_path: Path) -> None:
    out, again = tmp_path / "run", Counting()
    evaluate(SUITE, Counting(), limit=16, batch_size=4, out=out)
    before = (out / "summary.json").read_bytes()
    lines = (out / "scores" / "graph.jsonl").read_text().splitlines(keepends=True)
    (out / "scores" / "graph.jsonl").write_text("".join(lines[:7]) + lines[7][:40])
    evaluate(SUITE, again, limit=16, batch_size=4, out=out)
    assert again.drawn == []
    assert (out / "summary.json").read_bytes() == before


def test_errors_are_tried_again_when_the_run_goes_on(tmp_path: Path) -> None:
    class Recovering(Synthetic):
        well = False

        def generate(self, jobs):
            return super().generate(jobs) if self.well else painters.Broken().generate(jobs)

    model = Recovering()
    assert evaluate(SUITE, model, limit=8, out=tmp_path / "run").exit_code is Exit.RUN
    model.well = True
    run = evaluate(SUITE, model, limit=8, out=tmp_path / "run")
    assert (run.exit_code, run.summary["coverage"]["ok"]) == (Exit.OK, 8)


FORGETFUL = """
from pathlib import Path
from rlrig_eval.shapes import read

class Reader:
    name, version = "reader", "1"
    def extract(self, image):
        if (Path(__file__).parent / "short").exists():
            raise RuntimeError("CUDA out of memory")
        return read(image)
"""


@pytest.mark.parametrize("problem", ['RuntimeError("CUDA out of memory")', "SystemExit(3)"])
def test_what_failed_in_an_extractor_is_tried_again_when_the_run_goes_on(tmp_path: Path, problem: str) -> None:
    (tmp_path / "reader.py").write_text(FORGETFUL.replace('RuntimeError("CUDA out of memory")', problem))
    (tmp_path / "short").touch()
    given = {"extractor": f"{tmp_path / 'reader.py'}:Reader", "limit": 4, "out": tmp_path / "run"}
    first = evaluate(SUITE, "synthetic", **given)
    assert (first.exit_code, first.summary["coverage"]["error"]) == (Exit.RUN, 4)
    (tmp_path / "short").unlink()
    again = evaluate(SUITE, "synthetic", **given)
    assert (again.exit_code, again.summary["coverage"]["ok"]) == (Exit.OK, 4)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seeds": []}, "--seeds: seeds must be distinct and at least one"),
        ({"seeds": [0, 0]}, "--seeds: seeds must be distinct"),
        ({"seeds": [-1]}, "--seeds -1: at least 0"),
        ({"seeds": [0.5]}, "--seeds 0.5: not a whole number"),
        ({"seeds": 3}, "--seeds 3: not a sequence of whole numbers"),
        ({"limit": 2.5}, "--limit 2.5: not a whole number"),
        ({"limit": "3", "variant": "graph"}, "--limit '3': not a whole number"),
        ({"limit": 0}, "--limit 0: at least 1"),
        ({"batch_size": "x"}, "--batch-size 'x': not a whole number"),
        ({"shard": (1,)}, "--shard (1,): not (i, n)"),
        ({"shard": 1}, "--shard 1: not a sequence"),
        ({"shard": (3, 2)}, "--shard 3/2: shards count from 1 to 2"),
        ({"max_calls": -1}, "--max-calls -1: at least 0"),
        ({"max_cost": -0.5}, "--max-cost -0.5: not a number from 0"),
        ({"max_cost": "1"}, "--max-cost '1': not a number from 0"),
    ],
)
def test_a_wrong_number_is_found_before_the_first_sample(wrong: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        evaluate(SUITE, "synthetic", **wrong, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_numpys_whole_numbers_are_numbers(tmp_path: Path) -> None:
    given = {"seeds": np.arange(2), "limit": np.int64(2), "batch_size": np.int32(3), "max_calls": np.int8(0)}
    assert evaluate(SUITE, "synthetic", **given, out=tmp_path / "run").summary["coverage"]["ok"] == 4


def test_a_model_without_settings_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Mine:\n    def generate(self, jobs):\n        return []\n")
    with pytest.raises(UsageError, match=r"model 'Mine': .*has no attribute 'settings'"):
        evaluate(SUITE, f"{tmp_path / 'mine.py'}:Mine", limit=2, out=tmp_path / "run")
    with pytest.raises(UsageError, match=r"model 'object': .*has no attribute 'settings'"):
        evaluate(SUITE, object(), limit=2, out=tmp_path / "run")


def test_other_flags_on_the_same_folder_are_refused_and_touch_nothing(finished: Path, tmp_path: Path) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=r"model\.options\.error_rate is 0\.3 there and 0\.1 here"):
        evaluate(SUITE, "synthetic", options={"error_rate": 0.1}, out=out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_model_that_was_trained_on_does_not_go_on(tmp_path: Path) -> None:
    def model(weights: str) -> Synthetic:
        made = Synthetic()
        made.settings = {"size": 64, "weights": weights}
        return made

    evaluate(SUITE, model("a"), limit=2, out=tmp_path / "run")
    # An object's settings are all that is known of it, so they are compared as those of the model.
    with pytest.raises(UsageError, match="weights"):
        evaluate(SUITE, model("b"), limit=2, out=tmp_path / "run")


NOTED = """
from pathlib import Path
from rlrig_eval.models.synthetic import Synthetic
class Noted(Synthetic):
    def __init__(self, weights: Path):
        super().__init__()
        self.settings = {"size": 64, "weights": weights.read_text()}
"""


def test_weights_that_changed_under_the_same_name_do_not_go_on(tmp_path: Path) -> None:
    (tmp_path / "noted.py").write_text(NOTED)
    (tmp_path / "weights").write_text("before")

    def again() -> Run:
        options = {"weights": tmp_path / "weights"}
        return evaluate(SUITE, f"{tmp_path / 'noted.py'}:Noted", options=options, limit=2, out=tmp_path / "run")

    assert again().exit_code is again().exit_code is Exit.OK
    (tmp_path / "weights").write_text("after")
    with pytest.raises(UsageError, match=r'settings\.weights is "before" there and "after" here'):
        again()
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"


@pytest.mark.parametrize("last", ["run.json", "suite.json"])
def test_a_kill_between_the_first_two_files_is_harmless(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """Whichever of them was being written, also for a shard, and where the suite has no name to load it by."""
    out = tmp_path / "run"
    written = atomic.replace_bytes

    def killed(path: Path, content: bytes) -> None:
        if path.name == last:
            raise KeyboardInterrupt
        written(path, content)

    def again(shard: tuple[int, int]) -> Run:
        return evaluate(SUITE, "synthetic", options={"error_rate": 0.3}, shard=shard, out=out)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "replace_bytes", killed)
        with pytest.raises(KeyboardInterrupt):
            again((1, 2))
    again((2, 2))
    assert again((1, 2)).exit_code is Exit.OK
    for name in ("summary.json", "suite.json"):
        assert (out / name).read_bytes() == (finished / name).read_bytes()


def test_run_json_is_written_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order, written = [], atomic.replace_bytes

    def noted(path: Path, content: bytes) -> None:
        order.append(path.name)
        written(path, content)

    monkeypatch.setattr(atomic, "replace_bytes", noted)
    evaluate(SUITE, "synthetic", limit=1, out=tmp_path / "run")
    assert order[:2] == ["run.json", "suite.json"]


LOST = """
from rlrig_eval.models.synthetic import Synthetic
class Model(Synthetic):
    def __init__(self):
        super().__init__()
        open("/nowhere/weights.pt")
class Reader:
    name, version = "reader", "1"
    def open(self):
        open("/nowhere/weights.pt")
    def extract(self, image):
        raise AssertionError
"""


@pytest.mark.parametrize(("model", "extractor"), [("Model", "shapes"), (None, "Reader")])
def test_what_raises_while_it_is_loaded_is_one_clear_line_and_a_failed_run(
    tmp_path: Path, model: str | None, extractor: str
) -> None:
    (tmp_path / "lost.py").write_text(LOST)
    chosen = f"{tmp_path / 'lost.py'}:{model}" if model else "synthetic"
    reader = extractor if model else f"{tmp_path / 'lost.py'}:{extractor}"
    with pytest.raises(UsageError, match=r"(model 'Model'|extractor reader): FileNotFoundError: .*weights\.pt"):
        evaluate(SUITE, chosen, extractor=reader, limit=2, out=tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


def test_fresh_does_not_take_away_the_work_of_other_shards(tmp_path: Path) -> None:
    evaluate(SUITE, "synthetic", shard=(1, 2), out=tmp_path / "run")
    with pytest.raises(UsageError, match="--fresh with --shard"):
        evaluate(SUITE, "synthetic", shard=(2, 2), out=tmp_path / "run", fresh=True)
    assert read_samples(tmp_path / "run")


def test_fresh_starts_anew(finished: Path, tmp_path: Path) -> None:
    out = tiny.copy(finished, tmp_path / "run")
    run = evaluate(SUITE, "synthetic", limit=4, out=out, fresh=True)
    assert run.summary["coverage"]["planned"] == 4
    assert len(list((out / "images").iterdir())) == 4


def test_a_file_that_cannot_be_written_ends_the_run_and_keeps_the_rest(tmp_path: Path) -> None:
    class Obstructed(Counting):
        def generate(self, jobs):
            if len(self.drawn) == 1:  # from the second batch on, a folder stands where a picture should go
                (tmp_path / "run" / "images" / "p04_0.png").mkdir()
            return super().generate(jobs)

    with pytest.raises(RunError, match="cannot write"):
        evaluate(SUITE, Obstructed(), limit=16, batch_size=4, out=tmp_path / "run")
    assert set(read_samples(tmp_path / "run")) == {"p00#s0", "p01#s0", "p02#s0", "p03#s0"}
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


def test_pictures_are_what_the_row_says(finished: Path) -> None:
    from hashlib import sha256

    for row in read_samples(finished).values():
        content = (finished / (row.image or "")).read_bytes()
        assert sha256(content).hexdigest() == row.image_sha256


def test_the_same_command_draws_the_same_pictures(finished: Path, tmp_path: Path) -> None:
    evaluate(SUITE, "synthetic", options={"error_rate": 0.3}, out=tmp_path / "run")
    for path in (finished / "images").iterdir():
        other = tmp_path / "run" / "images" / path.name
        assert np.array_equal(np.asarray(Image.open(path)), np.asarray(Image.open(other)))


def test_the_score_of_a_picture_that_is_gone_is_not_counted(tmp_path: Path) -> None:
    """A batch is drawn again because one sample failed; now another one of it does."""

    class Turning(Synthetic):
        bad = "p03"

        def generate(self, jobs):
            return [
                Failure("not today") if job.prompt_id == self.bad else drawn
                for job, drawn in zip(jobs, super().generate(jobs), strict=True)
            ]

    model, out = Turning(), tmp_path / "run"
    evaluate(SUITE, model, limit=8, batch_size=8, out=out)
    model.bad = "p05"
    run = evaluate(SUITE, model, limit=8, batch_size=8, out=out)
    assert run.summary["coverage"] == {"planned": 8, "ok": 7, "error": 1, "unscored": 0}
    assert run.summary["metrics"]["all_correct"]["n"] == 7
    assert open_run(out).prompt_scores["all_correct"]["p05"] is None
    (entry,) = read_entries([out])
    assert entry.scores.get("p05") is None


def test_a_share_without_a_batch_ends_well(tmp_path: Path) -> None:
    run = evaluate(SUITE, "synthetic", limit=6, batch_size=4, shard=(3, 3), out=tmp_path / "run")
    assert (run.exit_code, run.shortfall) == (Exit.OK, None)


def test_twins_of_which_nothing_is_said_are_no_wrong_pair(tmp_path: Path) -> None:
    run = evaluate(SUITE, "synthetic", limit=8, out=tmp_path / "run")
    opened = open_run(run.folder)
    silent = {
        id_: row.model_copy(update={"values": {"all_correct": None}}) for id_, row in opened.scores["graph"].items()
    }
    found = summarise(opened.config, opened.samples, opened.rows, {"graph": silent})
    assert found["metrics"]["pair_accuracy"] == {"mean": None, "ci95": [None, None], "n": 0}
