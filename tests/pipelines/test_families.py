"""Every published family loads from a folder and draws: the right size, the same in any batch, as it is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from rlrig_eval.errors import UsageError
from rlrig_eval.models import Job, Picture
from rlrig_eval.models.diffusers import DiffusersModel
from rlrig_eval.pipelines import Painter, Sampling
from rlrig_eval.pipelines.painter import takes
from rlrig_eval.scene import SceneGraph
from tests.pipelines.families import FAMILIES, WARNS, save

pytestmark = pytest.mark.filterwarnings(WARNS)

torch.set_num_threads(1)
SIDE = 32
TEXTS = ["a red circle", "a blue star left of a green ring", "a"]
JOBS = [Job(f"p{n}", text, SceneGraph(), 0, 2**62 + n) for n, text in enumerate(TEXTS)]
# Batched and single matrix products round differently, by about 3e-6 of a unit (reference/machine.md).
ROUNDING = 1


def told(name: str, **more: object) -> Sampling:
    return Sampling(**{"steps": 2, "size": SIDE, "dtype": "float32", **FAMILIES[name][1], **more})


def pixels(drawn: list) -> np.ndarray:
    assert all(isinstance(one, Picture) for one in drawn), drawn
    return np.stack([np.asarray(one.image, dtype=np.int16) for one in drawn])


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return request.param, save(FAMILIES[request.param][0], tmp_path_factory.mktemp("family") / request.param)


@pytest.fixture(scope="module")
def model(family: tuple[str, Path]) -> DiffusersModel:
    name, folder = family
    return DiffusersModel(str(folder), told(name), device="cpu")


def test_it_draws_rgb_of_the_stated_size_the_same_in_any_batch(model: DiffusersModel) -> None:
    drawn = model.generate(JOBS)
    side = model.settings["size"]
    assert [(one.image.mode, one.image.size) for one in drawn] == [("RGB", (side, side))] * 3
    alone = [model.generate([job])[0] for job in JOBS]
    assert np.abs(pixels(drawn) - pixels(alone)).max() <= ROUNDING
    assert all(one.cost["denoiser_evals"] in (2.0, 4.0) for one in drawn)


def test_guidance_changes_the_picture(family: tuple[str, Path], model: DiffusersModel) -> None:
    name, _ = family
    other = {key: 9.0 for key in ("guidance", "true_cfg") if FAMILIES[name][1].get(key)}
    if name == "flux2-klein":
        other["guidance"] = 1.0
    one, another = (
        Painter(model._pipeline, told(name, **more)).paint(TEXTS[:1], [1])[0].pixels for more in ({}, other)
    )
    assert not np.array_equal(one, another)


def test_running_out_of_memory_changes_no_picture(model: DiffusersModel) -> None:
    whole = pixels(model.generate(JOBS))
    seen = []

    def exhausted(_module: object, positional: tuple, named: dict) -> None:
        first = next(value for value in (*positional, *named.values()) if isinstance(value, torch.Tensor | list))
        seen.append(len(first))
        if len(first) > 2:  # one picture, guided
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    pipeline = model._pipeline
    denoiser = getattr(pipeline, "transformer", None) or pipeline.unet
    handle = denoiser.register_forward_pre_hook(exhausted, with_kwargs=True)
    try:
        assert np.abs(pixels(model.generate(JOBS)) - whole).max() <= ROUNDING
    finally:
        handle.remove()
    assert max(seen) > 2


def test_a_negative_prompt_is_heeded_or_refused(family: tuple[str, Path], model: DiffusersModel) -> None:
    name, _ = family
    known = takes(model._pipeline)
    if "negative_prompt" not in known:
        with pytest.raises(UsageError, match="takes no negative_prompt"):
            Painter(model._pipeline, told(name, negative_prompt="a ring"))
        return
    more = {"true_cfg": 4.0} if "true_cfg_scale" in known else {}
    one, other = (
        Painter(model._pipeline, told(name, negative_prompt=text, **more)).paint(TEXTS[:1], [1])[0].pixels
        for text in ("a", "a green ring")
    )
    assert not np.array_equal(one, other)


FLOW = ("UniPCMultistepScheduler", {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0})
OTHER = {"sd15": ("EulerDiscreteScheduler", {}), "sdxl": ("DDIMScheduler", {})}
OTHER["pixart-sigma"] = OTHER["sd21"] = OTHER["sd15"]


def test_another_scheduler_draws_another_picture(family: tuple[str, Path], model: DiffusersModel) -> None:
    name, folder = family
    scheduler, options = OTHER.get(name, FLOW)
    assert type(model._pipeline.scheduler).__name__ != scheduler
    other = DiffusersModel(str(folder), told(name, scheduler=scheduler, scheduler_options=options), device="cpu")
    assert type(other._pipeline.scheduler).__name__ == scheduler
    assert other.settings["scheduler"] == scheduler
    one, again = (pixels(other.generate(JOBS[:1])) for _ in range(2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, pixels(model.generate(JOBS[:1])))


def test_its_class_is_the_one_that_its_index_names(family: tuple[str, Path], model: DiffusersModel) -> None:
    _, folder = family
    assert type(model._pipeline).__name__ == json.loads((folder / "model_index.json").read_text())["_class_name"]
