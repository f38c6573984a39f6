"""The presets of published checkpoints: they load, say what they need, and say what is missing before anything else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rlrig.backends.restate import restated
from rlrig.cli import app
from rlrig.memory import plan
from rlrig.pipeline import RLRIGPipeline
from rlrig.presets import load_preset, save_preset
from rlrig_eval.models import build, needs, resolve
from rlrig_eval.scene import parse
from rlrig_eval.weights import MissingWeights, known

FULL = {"flux": 40.4, "flux-schnell-24gb": 13.5, "qwen-image": 57.4, "sd35": 44.1}
"""Gigabytes of weights on the GPU at the most, by hand from `baselines/weights.yaml`."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


@pytest.mark.parametrize("name", FULL)
def test_its_checkpoints_are_known_and_it_survives_being_saved(name: str, tmp_path: Path) -> None:
    preset = load_preset(name)
    assert set(preset.checkpoints.values()) <= known().keys()
    save_preset(preset, tmp_path)
    assert load_preset(tmp_path) == preset


@pytest.mark.parametrize(("name", "most"), FULL.items())
def test_its_memory_plan_adds_up(name: str, most: float) -> None:
    *_, together = plan(load_preset(name))
    assert float(re.search(r"([\d.]+) GB of weights on the GPU at the most", together)[1]) == pytest.approx(
        most, abs=0.2
    )
    assert "not measured" in together


def test_flowedit_uses_the_pipeline_that_draws() -> None:
    assert load_preset("sd35").shares_pipeline
    assert not load_preset("flux").shares_pipeline
    assert any("on the diffuser's own pipeline" in line for line in plan(load_preset("sd35")))


@pytest.mark.parametrize("name", FULL)
def test_missing_weights_are_told_before_anything_is_loaded(name: str, cache: None) -> None:
    with pytest.raises(MissingWeights, match=re.escape(load_preset(name).diffuser.checkpoint)):
        RLRIGPipeline.from_pretrained(name)


def test_a_dry_run_says_the_plan_and_loads_nothing(cache: None) -> None:
    done = CliRunner().invoke(app, ["generate", "a red circle", "--preset", "flux", "--dry-run"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == plan(load_preset("flux"))


def test_best_of_n_wants_its_checkers_weights_before_it_loads_its_base(cache: None) -> None:
    with pytest.raises(MissingWeights, match=r"hf download Qwen/Qwen2\.5-VL-7B-Instruct"):
        build(resolve("best-of-n", {"base": "flux-dev", "preset": "flux"}, {}))


def test_a_control_says_what_all_of_it_takes() -> None:
    lines = needs(resolve("best-of-n", {"base": "flux-dev", "preset": "flux"}, {}))
    assert lines[0] == needs(resolve("flux-dev", {}, {}))[0]
    assert lines[-1].startswith("checker: Qwen/Qwen2.5-VL-7B-Instruct: 16.6 GB")


def test_the_harness_says_it_too() -> None:
    assert needs(resolve("rlrig-flux", {}, {})) == plan(load_preset("flux"))
    weights, *_ = needs(resolve("flux-dev", {}, {}))
    assert "33.7 GB of weights, 33.7 GB of them on the GPU" in weights
    assert "23.8 GB of weights on the GPU" in needs(resolve("flux-dev", {}, {"offload": "model"}))[1]
    assert needs(resolve("synthetic", {}, {})) == []


def test_an_editor_that_redraws_is_told_what_the_picture_should_show() -> None:
    graph = parse("a red circle left of a blue square")
    wrong = [one for one in graph.requirements() if one.kind == "relation"]
    assert restated("a red circle left of a blue square.", wrong) == (
        "a red circle left of a blue square, the circle is left of the square"
    )
