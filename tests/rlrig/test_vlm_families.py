"""Checker and Actor on other published vision-language classes, tiny and untrained: loaded, asked, heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rlrig.backends.vlm import VLM, VLMActor, VLMChecker
from rlrig.bundled.training.vlm_tokens import START, tokenizer
from rlrig_eval.processors import allow_missing_torchvision
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import draw

torch.set_num_threads(1)
BATCHING = 1e-4  # padding and batch size reorder float32 sums
QWEN = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")


def chat(picture: str) -> str:
    return (
        "{% for message in messages %}{% for part in message.content %}{% if part.type == 'image' %}"
        + picture
        + "{% else %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}{% if add_generation_prompt %}"
        + START
        + "{% endif %}"
    )


def qwen3_vl() -> tuple[Any, Any]:
    allow_missing_torchvision()
    template = chat("<|vision_start|><|image_pad|><|vision_end|>")
    words = tokenizer(QWEN, template)
    images = Qwen2VLImageProcessorPil(
        patch_size=8, merge_size=2, temporal_patch_size=2, size={"shortest_edge": 4096, "longest_edge": 4096}
    )
    ids = words.convert_tokens_to_ids(list(QWEN))
    text = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 2, 2]},
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_heads": 2,
        "patch_size": 8,
        "spatial_merge_size": 2,
        "out_hidden_size": 32,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    }
    config = Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        vision_start_token_id=ids[0],
        vision_end_token_id=ids[1],
        image_token_id=ids[2],
        video_token_id=ids[3],
    )
    return Qwen3VLForConditionalGeneration(config), Qwen3VLProcessor(images, words, chat_template=template)


def llava() -> tuple[Any, Any]:
    template = chat("<image>")
    words = tokenizer(("<image>",), template)
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=64,
            patch_size=16,
        ),
        text_config=LlamaConfig(
            vocab_size=len(words),
            hidden_size=32,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
        ),
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    processor = LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}),
        words,
        patch_size=16,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=template,
        image_token="<image>",
    )
    return LlavaForConditionalGeneration(config), processor


MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {"qwen3-vl": qwen3_vl, "llava": llava}


@pytest.fixture(scope="module", params=MAKERS)
def vlm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VLM:
    torch.manual_seed(0)
    model, processor = MAKERS[request.param]()
    for weight in model.parameters():
        if weight.ndim == 2:
            torch.nn.init.normal_(weight, std=0.15)  # large enough for answers to differ
    folder: Path = tmp_path_factory.mktemp("vlm") / request.param
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return VLM.from_pretrained(folder)


GRAPHS = [
    SceneGraph.from_triples([("red circle", "left of", "blue square")]),
    SceneGraph.from_triples([("green ring", "above", "red star")]),
]
PICTURES = [draw(graph, seed=seed) for seed, graph in enumerate(GRAPHS)]
ASKED = [graph.requirements() for graph in GRAPHS]


def test_the_checker_gives_a_probability_whatever_the_batch(vlm: VLM) -> None:
    answers = VLMChecker(vlm, batch_size=16).check(PICTURES, ASKED)
    assert [len(found) for found in answers] == [len(wanted) for wanted in ASKED]
    assert all(0 <= chance <= 1 for found in answers for chance in found)
    alone = VLMChecker(vlm, batch_size=1).check(PICTURES, ASKED)
    assert np.allclose(np.concatenate(answers), np.concatenate(alone), atol=BATCHING)


def test_the_answer_depends_on_the_picture(vlm: VLM) -> None:
    first, second = VLMChecker(vlm).check(PICTURES, [ASKED[0]] * 2)
    assert max(abs(a - b) for a, b in zip(first, second, strict=True)) > BATCHING


def test_the_actor_writes_words(vlm: VLM) -> None:
    written = VLMActor(vlm, new_tokens=6).write(PICTURES, ["a red circle", "a green ring"], [ASKED[0][-1:], ()], [0, 1])
    assert len(written) == 2
    assert not any(token in text for text in written for token in ("<|im_start|>", "<image>", "<|image_pad|>"))
