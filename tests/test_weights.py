"""Published checkpoints: what is known of them, whether they are here, and what a user is told when they are not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from rlrig_eval import assets, weights
from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.errors import Exit
from rlrig_eval.models.registry import ModelFile
from rlrig_eval.suite.documents import read_yaml

FLUX = "black-forest-labs/FLUX.1-dev"
MODELS = sorted((assets.baselines_dir() / "models").glob("*.yaml"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def snapshot(cache: Path, checkpoint: str, files: dict[str, str]) -> Path:
    folder = cache / f"models--{checkpoint.replace('/', '--')}" / "snapshots" / "0123456789abcdef"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_every_model_file_that_names_a_published_checkpoint_agrees_with_what_is_known_of_it() -> None:
    found = 0
    for path in MODELS:
        card = read_yaml(path, ModelFile)
        checkpoint = card.options.get("checkpoint", "")
        if weights.is_hub_id(checkpoint):
            found += 1
            assert weights.known()[checkpoint].licence == card.licence, path.stem
    assert found >= 10


def test_sizes_are_parameters_times_bytes() -> None:
    about = weights.known()[FLUX]
    assert about.gigabytes("float32") == pytest.approx(2 * about.gigabytes("bfloat16"))
    assert about.gigabytes() == pytest.approx(2 * sum(about.parameters.values()))


def test_the_parameters_of_flux_are_those_of_its_architecture() -> None:
    import torch
    from diffusers import FluxTransformer2DModel

    with torch.device("meta"):
        transformer = FluxTransformer2DModel(guidance_embeds=True)
    counted = sum(parameter.numel() for parameter in transformer.parameters()) / 1e9
    assert counted == pytest.approx(weights.known()[FLUX].parameters["transformer"], abs=0.05)


def test_what_is_missing_is_told_in_one_line_with_all_that_gets_it(cache: Path) -> None:
    with pytest.raises(weights.MissingWeights) as caught:
        weights.require(FLUX)
    said = str(caught.value)
    assert "\n" not in said
    assert caught.value.exit_code == Exit.USAGE
    for part in (
        FLUX,
        "HF_HUB_OFFLINE",
        "Non-Commercial License",
        "34 GB",
        f"https://huggingface.co/{FLUX}",
        str(cache),
        f'hf download {FLUX} --exclude "flux1-dev.safetensors"',
    ):
        assert part in said


def test_of_an_unknown_checkpoint_nothing_is_made_up(cache: Path) -> None:
    with pytest.raises(weights.MissingWeights, match="licence and size are not known here") as caught:
        weights.require("someone/something")
    assert "GB" not in str(caught.value)


@pytest.mark.parametrize("name", ["bundled:diffuser", "/no/such/folder", "folder", "a/b/c"])
def test_what_is_no_hub_id_is_left_to_its_loader(name: str) -> None:
    weights.require(name)


def test_a_whole_snapshot_is_here_and_its_commit_is_known(cache: Path) -> None:
    snapshot(cache, FLUX, {"transformer/model.safetensors": "x"})
    assert weights.on_disk(FLUX)
    weights.require(FLUX)
    assert weights.commit(FLUX) == "0123456789abcdef"
    assert weights_hash(FLUX) == "0123456789ab"


def test_weights_are_read_again_only_when_they_were_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each adapter asks for the hash of its base, which at full size is gigabytes."""
    read, hashed = [], hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: read.append(file.name) or hashed(file, name))
    for name in ("one", "two"):
        (tmp_path / f"{name}.safetensors").write_text(name)
    monkeypatch.chdir(tmp_path)
    first = weights_hash(str(tmp_path))
    assert weights_hash(".") == first
    assert len(read) == 2
    (tmp_path / "new").write_text("uno")
    (tmp_path / "new").replace(tmp_path / "one.safetensors")  # of the same name and size
    assert weights_hash(str(tmp_path)) != first
    assert len(read) == 3


def test_a_snapshot_that_lacks_a_shard_is_not(cache: Path) -> None:
    index = json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})
    snapshot(cache, FLUX, {"t/m.safetensors.index.json": index, "t/one.safetensors": "x"})
    assert not weights.on_disk(FLUX)
    assert weights.commit(FLUX) is None


@pytest.mark.parametrize(
    ("lacking", "here"),
    [
        ("nothing", True),
        ("safety_checker/model.safetensors", True),
        ("text_encoder/model.safetensors", False),
        ("text_encoder/", False),
        ("tokenizer/", False),
    ],
)
def test_a_pipeline_half_of_whose_parts_came_down_is_not(lacking: str, here: bool, cache: Path) -> None:
    parts = {part: ["transformers", "X"] for part in ("transformer", "text_encoder", "tokenizer", "safety_checker")}
    files = {"model_index.json": json.dumps({"_class_name": "FluxPipeline", "vae": [None, None], **parts})}
    for part in ("transformer", "text_encoder", "safety_checker"):
        files |= {f"{part}/config.json": "{}", f"{part}/model.safetensors": "x"}
    files["tokenizer/tokenizer.json"] = "{}"
    snapshot(cache, FLUX, {name: text for name, text in files.items() if not name.startswith(lacking)})
    assert weights.on_disk(FLUX) == here


def test_the_list_says_what_is_here(cache: Path) -> None:
    snapshot(cache, FLUX, {"transformer/model.safetensors": "x"})
    lines = list(weights.listed())
    assert len(lines) == len(weights.known())
    assert [line for line in lines if line.startswith("here")] == [line for line in lines if f"{FLUX}:" in line]
