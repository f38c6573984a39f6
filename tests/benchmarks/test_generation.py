"""The two loops draw the same pictures, on a real pipeline, and the benchmark would notice if they did not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import ImageOps

from benchmarks import checkpoint
from benchmarks.generation import bare_loop, require_same, run, through_the_harness
from rlrig_eval.models.diffusers import DiffusersModel, Sampling
from rlrig_eval.runs.plan import plan
from rlrig_eval.suite import load

torch.set_num_threads(1)
SAMPLING = Sampling(steps=1, size=64, true_cfg=2.5, max_sequence_length=24, dtype="float32")


def test_one_small_round() -> None:
    whole, added = run(pictures=2, rounds=1, steps=1)
    assert whole.most == added.most == 1.05
    assert whole.unit == "picture"
    assert min(whole.ours_ms.median, whole.peer_ms.median, added.peer_ms.median) > 0
    assert added.ratio.median > 1  # a part of a turn takes less than the whole of it


def test_other_pictures_are_noticed(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "weights")
    (batch,) = plan(load("spatial"), seeds=(0,), limit=2, batch_size=2)
    pictures = bare_loop(checkpoint.load(tmp_path / "weights"), batch, SAMPLING)
    folder = through_the_harness(batch, DiffusersModel(str(tmp_path / "weights"), SAMPLING), tmp_path / "run")
    require_same(pictures, batch, folder)
    with pytest.raises(AssertionError, match=f"{batch.samples[0].id}: the two loops drew different pictures"):
        require_same([ImageOps.invert(pictures[0]), pictures[1]], batch, folder)
