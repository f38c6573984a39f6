"""Models of transformers are opened in one way, and what is wrong with one is told in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from rlrig_eval import assets
from rlrig_eval.checkpoints import open_model, usable_device
from rlrig_eval.errors import UsageError
from rlrig_eval.weights import MissingWeights

PUBLISHED = "Qwen/Qwen2.5-VL-7B-Instruct"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_a_published_model_that_is_not_here_is_missing_weights(cache: Path) -> None:
    with pytest.raises(MissingWeights, match=f"hf download {PUBLISHED}"):
        open_model(AutoModelForImageTextToText, PUBLISHED)


def test_a_published_model_that_is_here_and_damaged_is_not_called_missing(cache: Path) -> None:
    snapshot = cache / "models--Qwen--Qwen2.5-VL-7B-Instruct" / "snapshots" / "0123456789abcdef"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{")
    (snapshot / "model.safetensors").write_bytes(b"")
    with pytest.raises(UsageError, match=f"checkpoint {PUBLISHED}: cannot be loaded") as caught:
        open_model(AutoModelForImageTextToText, PUBLISHED)
    assert not isinstance(caught.value, MissingWeights)


def test_a_truncated_folder_is_told_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    config = json.loads((assets.checkpoint("bundled:vlm") / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"\x00" * 4)
    with pytest.raises(UsageError, match=f"checkpoint {folder}: cannot be loaded") as caught:
        open_model(AutoModelForImageTextToText, folder, use_safetensors=True)
    assert "\n" not in str(caught.value)


def test_a_processor_of_qwens_opens_without_torchvision() -> None:
    assert open_model(AutoProcessor, "bundled:vlm").tokenizer is not None


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_auto_is_the_cpu_where_there_is_no_gpu_and_a_gpu_is_refused() -> None:
    assert usable_device("auto") == "cpu"
    with pytest.raises(UsageError, match="device cuda: torch sees no GPU here"):
        usable_device("cuda")


def test_a_device_of_no_known_name_is_refused() -> None:
    assert usable_device("cpu") == "cpu"
    with pytest.raises(UsageError, match="device gpu: torch has none of that name"):
        usable_device("gpu")
