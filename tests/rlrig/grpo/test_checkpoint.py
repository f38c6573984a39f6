"""Checkpoints: whole or not at all, the newest found, another run's refused."""

import resource
import signal

import pytest
import torch

from rlrig.grpo import checkpoint
from rlrig_eval.errors import RunError, UsageError

IDENTITY = {"name": "mine", "editor.groups": 4}


def written(folder, step, keep=2, values=4):
    state = {"identity": IDENTITY, "weights": torch.full((values,), float(step))}
    return checkpoint.save(folder, step, state, keep)


def test_the_newest_is_found_and_the_oldest_dropped(tmp_path):
    assert checkpoint.newest(tmp_path) is None
    for step in (1, 2, 30):
        written(tmp_path, step)
    assert checkpoint.newest(tmp_path).name == "step-000030"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000002", "step-000030"]
    assert checkpoint.load(checkpoint.newest(tmp_path), IDENTITY)["weights"].tolist() == [30] * 4


def test_a_checkpoint_of_another_run_names_what_differs(tmp_path):
    found = written(tmp_path, 1)
    with pytest.raises(UsageError, match=r"step-000001: of another run: editor\.groups was 4, and is 8 now"):
        checkpoint.load(found, {**IDENTITY, "editor.groups": 8})


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_a_damaged_checkpoint_is_one_line(tmp_path, content):
    found = written(tmp_path, 1)
    (found / "state.pt").write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read") as caught:
        checkpoint.load(found, IDENTITY)
    assert "\n" not in str(caught.value)


def test_a_half_written_folder_is_no_checkpoint(tmp_path):
    (tmp_path / "step-000009").mkdir()
    (tmp_path / ".partial-000008").mkdir()
    assert checkpoint.newest(tmp_path) is None


@pytest.fixture
def small_disk():
    """Files of this process may not grow beyond 64 KiB: writing fails as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


def test_on_a_full_disk_the_last_good_checkpoint_is_named_and_intact(tmp_path, small_disk):
    good = written(tmp_path, 1)
    with pytest.raises(RunError, match=r"the last good checkpoint is .*step-000001") as caught:
        written(tmp_path, 2, values=1 << 18)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000001"]
    assert checkpoint.load(good, IDENTITY)["weights"].tolist() == [1] * 4
