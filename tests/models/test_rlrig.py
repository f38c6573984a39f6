"""RL-RIG, its own Diffuser alone and best-of-n, on one untrained system: the same first picture, the same Checker."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rlrig.trace import Trace
from rlrig_eval import evaluate
from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.models import Failure, Job, Picture, build, resolve
from rlrig_eval.models.rlrig import Checker
from rlrig_eval.runs.latest import read_samples
from tests.models import untrained
from tests.runs import tiny

torch.set_num_threads(1)
SUITE = tiny.suite()
JOBS = [Job(p.id, p.text, p.graph, 0, 1000 + n) for n, p in enumerate(SUITE.prompts[:4])]


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained.preset(tmp_path_factory.mktemp("system"))


@pytest.fixture(scope="module")
def rlrig(preset: Path):
    return build(resolve("rlrig", {"preset": str(preset)}, {}))


@pytest.fixture(scope="module")
def drawn(rlrig) -> list[Picture]:
    return rlrig.generate(JOBS)


@pytest.fixture(scope="module")
def alone(preset: Path) -> list[Image.Image]:
    settings = {key: str(value) for key, value in untrained.SAMPLING.items()}
    spec = resolve("flux-shapes", {"checkpoint": str(preset.parent / "diffuser")}, settings)
    return [drawn.image for drawn in build(spec).generate(JOBS)]


def furthest(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int)).max())


def test_the_first_round_is_what_the_diffuser_draws_alone(drawn: list[Picture], alone: list[Image.Image]) -> None:
    assert max(furthest(one.rounds[0], other) for one, other in zip(drawn, alone, strict=True)) <= 1


def test_what_is_handed_over_is_the_chosen_round_with_its_cost(drawn: list[Picture]) -> None:
    for one in drawn:
        trace = Trace.model_validate(one.trace)
        assert one.image is one.rounds[trace.chosen]
        assert len(one.rounds) == len(trace.rounds) == one.cost["images"] <= 3
        assert one.cost == trace.calls.model_dump()


def test_the_checker_is_asked_by_the_jobs_own_rule_of_counting(rlrig) -> None:
    jobs = [JOBS[0], replace(JOBS[1], counting="at_least")]
    asked = [set(drawn.trace["rounds"][0]["probabilities"]) for drawn in rlrig.generate(jobs)]
    assert asked == [{r.id for r in job.requirements()} for job in jobs]
    assert len(asked[0]) > len(asked[1])


def test_whoever_picks_as_rlrig_does_asks_what_it_is_given(preset: Path) -> None:
    asked = JOBS[0].graph.requirements("at_least")
    (view,) = Checker(str(preset)).look([Image.new("RGB", (64, 64))], [asked])
    assert list(view.probabilities) == [one.id for one in asked]
    assert view.cost["vlm_calls"] == len(asked)


def test_the_same_batch_comes_out_the_same(rlrig, drawn: list[Picture]) -> None:
    # Only in the same batch: an untrained Actor makes another instruction out of a difference of one grey level.
    again = rlrig.generate(JOBS)
    assert [a.image.tobytes() for a in drawn] == [b.image.tobytes() for b in again]
    assert [a.trace["chosen"] for a in drawn] == [b.trace["chosen"] for b in again]


def test_settings_replace_the_rules_of_the_loop(preset: Path, alone: list[Image.Image]) -> None:
    model = build(resolve("rlrig", {"preset": str(preset)}, {"max_edits": "0"}))
    assert model.settings["loop"]["max_edits"] == 0
    assert [len(drawn.rounds) for drawn in model.generate(JOBS[:1])] == [1]


def test_what_it_is_made_of_is_told(rlrig) -> None:
    assert (rlrig.settings["preset"], rlrig.settings["size"]) == ("untrained", 64)
    assert set(rlrig.settings["weights"]) == {"diffuser", "editor", "checker"}
    assert all(rlrig.settings["weights"].values())


@pytest.mark.parametrize(
    ("options", "settings"), [({"preset": "shapse"}, {}), ({}, {"max_edit": "2"}), ({}, {"rl": "both"})]
)
def test_a_wrong_preset_or_rule_is_a_usage_error(options: dict, settings: dict) -> None:
    with pytest.raises(UsageError):
        build(resolve("rlrig", options, settings))


@pytest.fixture(scope="module")
def picked(preset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of best-of-n over a base that is named by a file."""
    folder = tmp_path_factory.mktemp("best")
    plugin = folder / "base.py"
    checkpoint = str(preset.parent / "diffuser")
    plugin.write_text(
        "from rlrig_eval.models.diffusers import DiffusersModel, Sampling\n"
        "class Base(DiffusersModel):\n"
        "    def __init__(self):\n"
        f"        super().__init__({checkpoint!r}, Sampling(**{untrained.SAMPLING!r}), 'cpu')\n"
    )
    options = {"base": f"{plugin}:Base", "n": 2, "preset": str(preset)}
    run = evaluate(SUITE, "best-of-n", options=options, limit=4, batch_size=4, out=folder / "run")
    assert [row.error for row in read_samples(folder / "run").values() if row.error] == [], run.summary["coverage"]
    return folder / "run"


def test_best_of_n_leaves_a_trace_and_every_candidate(picked: Path) -> None:
    for row in read_samples(picked).values():
        trace = Trace.model_validate_json((picked / (row.trace or "")).read_text())
        images = sorted((picked / "traces").glob(f"{row.prompt_id}_{row.seed}_r*.png"))
        assert len(images) == len(trace.rounds) == row.cost["images"] <= 2
        assert images[trace.chosen].read_bytes() == (picked / (row.image or "")).read_bytes()
        assert {one.action for one in trace.rounds} == {"draw"}


def test_its_first_candidate_is_what_the_base_draws_alone(picked: Path, preset: Path, tmp_path: Path) -> None:
    settings = untrained.SAMPLING
    options = {"checkpoint": str(preset.parent / "diffuser")}
    evaluate(SUITE, "flux-shapes", options=options, settings=settings, limit=4, out=tmp_path / "run")
    for row in read_samples(picked).values():
        first = Image.open(picked / "traces" / f"{row.prompt_id}_{row.seed}_r0.png")
        assert furthest(first, Image.open(tmp_path / "run" / (row.image or ""))) <= 1


def test_its_settings_name_base_and_checker(picked: Path) -> None:
    settings = json.loads((picked / "run.json").read_text())["settings"]
    assert (settings["n"], settings["threshold"], settings["steps"]) == (2, 0.5, 2)
    assert settings["weights"]
    assert settings["checker_weights"]


def test_a_picture_that_is_held_back_costs_its_own_job_alone(rlrig, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = type(rlrig.pipeline.diffuser).draw

    def held_back(self, prompts, seeds):
        if JOBS[1].text in prompts:
            raise RunError("the safety checker held the picture back")
        return draw(self, prompts, seeds)

    monkeypatch.setattr(type(rlrig.pipeline.diffuser), "draw", held_back)
    drawn = rlrig.generate(JOBS)
    assert [isinstance(one, Failure) for one in drawn] == [False, True, False, False]
    assert "held the picture back" in drawn[1].reason
