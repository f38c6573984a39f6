"""How good pictures look, by a tiny CLIP of random weights: no opinion of it means anything, every rule of it holds."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPModel, CLIPProcessor, CLIPTextConfig, CLIPTokenizer, CLIPVisionConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from rlrig_eval.errors import UsageError
from rlrig_eval.report.quality.clip import Clip
from rlrig_eval.report.quality.scores import anchored, clip_scores, distances, require_torchmetrics
from rlrig_eval.report.quality.table import quality
from rlrig_eval.runs import evaluate
from tests.report import contestants

torch.set_num_threads(1)
TEXTS = ["a red circle", "a blue star left of a ring " * 9]  # the second is longer than the model reads


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    folder = tmp_path_factory.mktemp("clip")
    letters = [chr(number) for number in range(ord("a"), ord("z") + 1)]
    known = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    words = {word: number for number, word in enumerate(known)}
    tokenizer = CLIPTokenizer(vocab=words, merges=[], model_max_length=24)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(
        text_config=CLIPTextConfig(
            **small, vocab_size=len(words), max_position_embeddings=24, eos_token_id=len(words) - 1
        ).to_dict(),
        vision_config=CLIPVisionConfig(**small, image_size=16, patch_size=8).to_dict(),
        projection_dim=8,
    )
    torch.manual_seed(0)
    CLIPModel(config).save_pretrained(folder)
    side = {"height": 16, "width": 16}
    CLIPProcessor(CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size=side), tokenizer).save_pretrained(folder)
    return Clip.load(str(folder), "cpu")


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)) for _ in range(12)]


def test_the_clip_score_is_the_cosine_in_hundredths(clip: Clip, pictures: list[Image.Image]) -> None:
    found = clip_scores(clip, pictures[:2], TEXTS)
    seen, read = clip.look(pictures[:2]), clip.read(TEXTS)
    cosines = torch.nn.functional.cosine_similarity(seen, read)
    assert found == pytest.approx((100 * cosines).clamp(min=0).tolist(), abs=0.01)  # a float32 sum in another order


def test_two_opposite_texts_share_one(clip: Clip, pictures: list[Image.Image]) -> None:
    found = anchored(clip, clip.look(pictures))
    assert set(found) == {"aesthetic", "well_made"}
    assert all(0 < share < 1 for shares in found.values() for share in shares)
    assert len(set(found["aesthetic"])) > 1  # the picture decides


def test_a_set_lies_nowhere_from_itself_and_far_from_a_shifted_one() -> None:
    features = torch.randn(40, 4, generator=torch.Generator().manual_seed(0))
    same, far = distances(features, features), distances(features + 3, features)
    assert same["fid_clip"] == pytest.approx(0, abs=1e-4)
    assert far["fid_clip"] == pytest.approx(4 * 3**2, rel=1e-3)  # equal covariances: the squared distance of the means
    assert far["kid_clip"] > 10 * abs(same["kid_clip"])
    with pytest.raises(UsageError, match="two pictures"):
        distances(features[:1], features)


def test_runs_become_a_table_and_a_run_is_no_way_from_its_own_pictures(clip: Clip, tmp_path: Path) -> None:
    for name, errors in (("good", 0.0), ("bad", 0.9)):
        evaluate(contestants.suite(), contestants.Single(errors), out=tmp_path / name)
    table = quality([tmp_path / "good", tmp_path / "bad"], clip, tmp_path / "good")
    good, bad = table.records()
    assert good["pictures"] == bad["pictures"] == 7  # one of eight is a failure
    assert good["fid_clip"] == pytest.approx(0, abs=1e-3)
    assert bad["fid_clip"] > good["fid_clip"]
    assert good["clip_score"].n == 7
    assert "fid_clip" not in quality([tmp_path / "bad"], clip).records()[0]


def test_a_bar_tells_how_many_pictures_are_looked_at(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("COLUMNS", "300")
    evaluate(contestants.suite(), contestants.Single(0.0), out=tmp_path / "run")
    quality([tmp_path / "run"], clip, tmp_path / "run", progress=True)
    shown = capsys.readouterr().err
    assert shown.count(f"look at {tmp_path / 'run'}") >= 2  # as the reference, and as a run
    assert shown.count("7/7") >= 2


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UsageError, match="hf download openai/clip-vit-large-patch14"):
        Clip.load()
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    with pytest.raises(UsageError, match=r"rlrig-eval\[quality\]"):
        require_torchmetrics()
