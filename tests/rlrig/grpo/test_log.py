"""What a run says: every row in log.jsonl, its numbers to whoever tracks them."""

import json
from pathlib import Path

import pytest
from accelerate import Accelerator
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlrig.grpo import trackers
from rlrig.grpo.log import Log
from rlrig.grpo.trackers import require, tracking
from rlrig_eval.errors import RunError, UsageError


def test_rows_go_to_the_file_and_their_numbers_to_the_tracker(tmp_path):
    told = []
    log = Log(tmp_path, Console(quiet=True), lambda values, step: told.append((step, values)))
    log.step({"step": 3, "phase": "actor", "reward": 0.5, "norm": float("nan"), "window": [1, 2]})
    log.evaluation({"step": 4, "phase": "actor", "soft": 0.25})
    step, evaluation = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert (step["kind"], step["reward"], step["norm"]) == ("step", 0.5, None)
    assert (evaluation["kind"], evaluation["soft"]) == ("evaluation", 0.25)
    assert [(step, sorted(values)) for step, values in told] == [(3, ["train/norm", "train/reward"]), (4, ["dev/soft"])]


def test_a_run_that_begins_keeps_nothing_of_one_before_it(tmp_path):
    for _ in range(2):
        log = Log(tmp_path, Console(quiet=True))
        log.begin()
        log.say("hello")
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1


def test_what_a_full_disk_left_of_a_row_does_not_spoil_the_next(tmp_path):
    Log(tmp_path, Console(quiet=True)).say("hello")
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"kind": "step", "re')
    Log(tmp_path, Console(quiet=True)).say("again")
    rows = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert [row["text"] for row in rows] == ["hello", "again"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_on_a_full_disk_the_log_says_so_in_one_line(tmp_path):
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"log\.jsonl: cannot be written \(No space left on device\)"):
        Log(tmp_path, Console(quiet=True)).say("hello")


def test_tensorboard_is_told_what_the_log_is_told(tmp_path):
    accelerator = Accelerator(cpu=True, log_with=["tensorboard"], project_dir=tmp_path)
    with tracking(accelerator, "mine", {"phase": "actor"}) as track:
        log = Log(tmp_path, Console(quiet=True), track)
        log.step({"step": 3, "phase": "actor", "reward": 0.5, "norm": None})
        log.evaluation({"step": 4, "phase": "actor", "kept": 0.75})
    events = EventAccumulator(str(tmp_path / "mine")).Reload()
    told = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    assert told == {"train/reward": [(3, 0.5)], "dev/kept": [(4, 0.75)]}


def test_a_tracker_that_is_not_installed_is_an_error_before_anything_is_trained(monkeypatch):
    require(())
    monkeypatch.setattr(trackers, "find_spec", {"wandb": None}.get)  # whatever this machine has
    with pytest.raises(UsageError, match="wandb is not installed"):
        require(("wandb",))
