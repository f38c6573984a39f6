"""The benchmarks of training still stand on the code that they measure; a few samples, and no clock."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from benchmarks import actor_step, editor_step, time_to_reward

# peft 0.21 asks transformers 5.23 for an attribute by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.mark.filterwarnings("ignore")  # libraries' own matters, as in the benchmark
def test_the_actors_step_and_that_of_trl_have_one_loss(tmp_path: Path) -> None:
    ours, peer = actor_step.sides(2, str(tmp_path))
    assert ours() == pytest.approx(peer(), abs=actor_step.APART)


def test_both_steps_of_the_editor_have_a_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor_step, "EDITS", 2)
    assert all(side() > 0 for side in editor_step.sides())


def test_an_editor_is_trained_and_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_to_reward, "DEV", 4)
    few = {"groups": 1, "group_size": 2, "batch_size": 2, "sampling_steps": 3, "window_size": 1}
    step, earned = time_to_reward.training(0, few)
    before = earned()
    step(0)
    assert math.isfinite(earned())
    assert earned() != before
