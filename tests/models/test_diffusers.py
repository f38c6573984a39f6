"""A real diffusers pipeline as a model: the same picture at any batch size, its cost counted, its faults told."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.errors import UsageError
from rlrig_eval.models import Failure, Job, Picture, build, resolve
from rlrig_eval.models.diffusers import DiffusersModel, Sampling
from rlrig_eval.scene import SceneGraph
from tests.models import untrained

torch.set_num_threads(1)
SETTINGS = untrained.SAMPLING
JOBS = [Job(f"p{n}", text, SceneGraph(), 0, 2**62 + n) for n, text in enumerate(["a red circle", "a blue star", "a"])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained.flux(tmp_path_factory.mktemp("checkpoint") / "flux")


@pytest.fixture(scope="module")
def model(folder: Path) -> DiffusersModel:
    return DiffusersModel(str(folder), Sampling(**SETTINGS), device="cpu")


def pixels(drawn: list) -> np.ndarray:
    assert all(isinstance(one, Picture) for one in drawn)
    return np.stack([np.asarray(one.image, dtype=np.int16) for one in drawn])


def test_a_picture_is_rgb_of_the_stated_size(model: DiffusersModel) -> None:
    (drawn,) = model.generate(JOBS[:1])
    assert (drawn.image.mode, drawn.image.size) == ("RGB", (64, 64))


def test_a_picture_does_not_depend_on_its_batch(model: DiffusersModel) -> None:
    together = pixels(model.generate(JOBS))
    alone = pixels([model.generate([job])[0] for job in JOBS])
    # Batched and single matrix products round differently, by about 3e-6 of a unit (reference/machine.md).
    assert np.abs(together - alone).max() <= 1
    assert np.array_equal(together, pixels(model.generate(JOBS)))


def test_another_seed_is_another_picture(model: DiffusersModel) -> None:
    same, other = Job("p", "a red circle", SceneGraph(), 0, 5), Job("p", "a red circle", SceneGraph(), 1, 6)
    first, second = pixels(model.generate([same, other]))
    assert np.abs(first - second).max() > 8


def test_what_rlrig_draws_with_the_same_settings_is_the_same_picture(folder: Path, model: DiffusersModel) -> None:
    from rlrig.backends.flow import FlowDiffuser
    from rlrig.presets import RoleSampling

    diffuser = FlowDiffuser.from_pretrained(folder, RoleSampling(**SETTINGS, batch_size=2))
    theirs = diffuser.draw([job.text for job in JOBS], [job.noise for job in JOBS])
    ours = pixels(model.generate(JOBS))
    assert np.abs(ours - np.stack([np.asarray(one, dtype=np.int16) for one in theirs])).max() <= 1
    assert diffuser.evals_per_image == model.generate(JOBS[:1])[0].cost["denoiser_evals"]


@pytest.mark.parametrize(("true_cfg", "evaluations"), [(2.5, 4.0), (None, 2.0)])
def test_the_denoisers_evaluations_are_counted(folder: Path, true_cfg: float | None, evaluations: float) -> None:
    settings = Sampling(**SETTINGS | {"true_cfg": true_cfg})
    drawn = DiffusersModel(str(folder), settings, device="cpu").generate(JOBS)
    assert [one.cost["denoiser_evals"] for one in drawn] == [evaluations] * 3


def test_pixels_that_are_no_numbers_are_failures(folder: Path) -> None:
    model = DiffusersModel(str(folder), Sampling(**SETTINGS), device="cpu")
    with torch.no_grad():
        model._pipeline.vae.decoder.conv_out.weight.fill_(float("nan"))
    assert model.generate(JOBS) == [Failure("the picture has NaN or infinite pixels")] * 3


def test_settings_and_weights_are_told(folder: Path, model: DiffusersModel) -> None:
    assert model.settings == SETTINGS | {
        "checkpoint": str(folder),
        "weights": weights_hash(str(folder)),
    }


def test_the_weights_hash_is_of_the_weights(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    assert weights_hash(str(copy)) == weights_hash(str(folder))
    weights = next(copy.rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert weights_hash(str(copy)) != weights_hash(str(folder))
    assert weights_hash("someone/on-the-hub") is None


def test_a_missing_checkpoint_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be loaded"):
        DiffusersModel(str(tmp_path / "nowhere"), Sampling(**SETTINGS))
    with pytest.raises(UsageError, match="unknown bundled checkpoint 'difuser'"):
        DiffusersModel("bundled:difuser", Sampling(**SETTINGS))


def test_a_truncated_checkpoint_is_a_usage_error(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    weights = next((copy / "transformer").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:10_000])
    with pytest.raises(UsageError, match=f"checkpoint {copy}: cannot be loaded"):
        DiffusersModel(str(copy), Sampling(**SETTINGS), device="cpu")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stps": "2"}, "unknown setting 'stps': did you mean 'steps'?"),
        ({"steps": "0"}, "setting steps"),
        ({"dtype": "float8"}, "setting dtype"),
    ],
)
def test_a_wrong_setting_is_found_before_anything_is_loaded(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        resolve("flux-shapes", {}, settings)


def test_a_setting_changes_the_picture(folder: Path) -> None:
    def drawn(**settings: str) -> Image.Image:
        given = {key: str(value) for key, value in SETTINGS.items()} | settings
        return build(resolve("flux-shapes", {"checkpoint": str(folder)}, given)).generate(JOBS[:1])[0].image

    assert drawn().tobytes() != drawn(steps="3").tobytes()
    assert drawn(size="[64, 96]").size == (64, 96)
