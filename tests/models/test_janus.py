"""An autoregressive model, tiny and untrained, in the classes of transformers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    GenerationConfig,
    JanusConfig,
    JanusForConditionalGeneration,
    JanusProcessor,
    JanusVisionConfig,
    JanusVQVAEConfig,
    LlamaConfig,
    PreTrainedTokenizerFast,
)
from transformers.models.janus.image_processing_pil_janus import JanusImageProcessorPil

from rlrig_eval.errors import UsageError
from rlrig_eval.models import Job, build, resolve
from rlrig_eval.scene import SceneGraph

torch.set_num_threads(1)
IMAGE, BEGIN, END = "<image_placeholder>", "<begin_of_image>", "<end_of_image>"
JOBS = [Job(f"p{n}", text, SceneGraph(), 0, 7 + n) for n, text in enumerate(["a red circle", "a blue star"])]


def tokenizer() -> PreTrainedTokenizerFast:
    known = ["<pad>", "<unk>", "<bos>", "<eos>", "a", "red", "circle", "blue", "star"]
    raw = Tokenizer(WordLevel({word: number for number, word in enumerate(known)}, unk_token="<unk>"))
    raw.pre_tokenizer = Whitespace()
    special = {"image_token": IMAGE, "boi_token": BEGIN, "eoi_token": END}
    marks = {f"{name}_token": f"<{name}>" for name in ("pad", "unk", "bos", "eos")}
    chat = "{{ messages[0].content[0].text }}"
    return PreTrainedTokenizerFast(tokenizer_object=raw, **marks, extra_special_tokens=special, chat_template=chat)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of 16 pixels: a grid of 8 x 8 tokens, doubled by the decoder."""
    path = tmp_path_factory.mktemp("janus")
    words = tokenizer()
    processor = JanusProcessor(JanusImageProcessorPil(size={"height": 16, "width": 16}), words, num_image_tokens=64)
    small = {"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1}
    config = JanusConfig(
        text_config=LlamaConfig(
            **small, vocab_size=len(words), intermediate_size=16, num_key_value_heads=2, pad_token_id=words.pad_token_id
        ).to_dict(),
        vision_config=JanusVisionConfig(
            **small, image_size=16, patch_size=2, projection_dim=16, num_image_tokens=64, mlp_ratio=1.0
        ).to_dict(),
        vq_config=JanusVQVAEConfig(
            embed_dim=4,
            num_embeddings=32,
            latent_channels=32,
            base_channels=32,
            channel_multiplier=[1, 1],
            num_res_blocks=1,
            projection_dim=16,
            num_hidden_layers=1,
            image_token_embed_dim=16,
        ).to_dict(),
        image_token_id=words.convert_tokens_to_ids(IMAGE),
    )
    torch.manual_seed(0)
    model = JanusForConditionalGeneration(config)
    for weight in model.parameters():
        if weight.ndim == 2:
            torch.nn.init.normal_(weight, std=0.5)  # large enough for the prompt to matter
    marks = {name: getattr(words, name) for name in ("pad_token_id", "bos_token_id", "eos_token_id")}
    model.generation_config = GenerationConfig(**marks)  # made anew, as the published one was
    model.generation_config.generation_kwargs = {"boi_token_id": words.convert_tokens_to_ids(BEGIN)}
    model.save_pretrained(path)
    processor.save_pretrained(path)
    return path


def drawn(folder: Path, jobs: list[Job] = JOBS, **settings: object) -> list[np.ndarray]:
    asked = {"size": 16, "dtype": "float32", **settings}
    model = build(resolve("janus-pro-1b", {"checkpoint": str(folder), "device": "cpu"}, asked))
    return [np.asarray(one.image) for one in model.generate(jobs)]


def test_it_draws_rgb_the_same_in_any_batch_and_another_for_another_seed(folder: Path) -> None:
    before = torch.random.get_rng_state()
    together = drawn(folder)
    assert torch.equal(torch.random.get_rng_state(), before)  # nobody else's noise is touched
    alone = [drawn(folder, [job])[0] for job in JOBS]
    assert [one.shape for one in together] == [(16, 16, 3)] * 2
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))
    other = Job("p0", JOBS[0].text, SceneGraph(), 1, 99)
    assert not np.array_equal(drawn(folder, [other])[0], alone[0])


@pytest.mark.parametrize("setting", [{"guidance": 1.01}, {"temperature": 0.05}])
def test_a_setting_changes_the_picture(folder: Path, setting: dict[str, float]) -> None:
    assert not np.array_equal(drawn(folder, JOBS[:1], **setting)[0], drawn(folder, JOBS[:1])[0])


def test_weights_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UsageError, match="hf download deepseek-community/Janus-Pro-1B"):
        build(resolve("janus-pro-1b", {"device": "cpu"}, {}))
