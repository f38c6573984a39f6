"""The bundled VLM of the Qwen2.5-VL class: the frozen Checker, and under an adapter the Actor."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rlrig.backends.vlm import VLM
from rlrig.bundled.lessons.curriculum import BEGINNER, Lessons
from rlrig.bundled.training.fit import Budget
from rlrig.bundled.training.repainted import painted_by
from rlrig.bundled.training.teaching import teach
from rlrig.bundled.training.vlm_tokens import START, tokenizer
from rlrig_eval.processors import allow_missing_torchvision
from rlrig_eval.shapes import SEEN

PATCH, MERGE = 8, 1  # a token a cell: where things lie close, a token of four cells would mix them
_IMAGE = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
CHAT = (
    "{% for message in messages %}{% if message.role == 'user' %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}"
    "{% endif %}{% endfor %}{% else %}" + START + "{{ message.content }}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}" + START + "{% endif %}"
)


def build_processor() -> Qwen2_5_VLProcessor:
    allow_missing_torchvision()
    images = Qwen2VLImageProcessorPil(
        patch_size=PATCH,
        merge_size=MERGE,
        temporal_patch_size=1,
        size={"shortest_edge": 4096, "longest_edge": 4096},
    )
    return Qwen2_5_VLProcessor(images, tokenizer(_IMAGE, CHAT), chat_template=CHAT)


def build(processor: Qwen2_5_VLProcessor) -> Qwen2_5_VLForConditionalGeneration:
    """About 2.3 million parameters, random; 64 image tokens for a picture of 64 x 64."""
    words = processor.tokenizer
    width, heads = 128, 4
    text = {
        "vocab_size": len(words),
        "hidden_size": width,
        "intermediate_size": 384,
        "num_hidden_layers": 5,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "max_position_embeddings": 512,
        # Short waves, dealt out one by one to time, height and width: on a 4 x 4 grid the published
        # long ones, in blocks, would leave the width all but invisible.
        "rope_parameters": {"rope_type": "default", "rope_theta": 30.0, "mrope_section": [1] * 16},
        "bos_token_id": None,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }
    vision = {
        "depth": 5,
        "hidden_size": 128,
        "intermediate_size": 384,
        "num_heads": 4,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": 1,
        "window_size": 64,
        "rope_parameters": {"rope_type": "axial", "rope_theta": 100.0},
        "out_hidden_size": width,
        "fullatt_block_indexes": [0, 1, 2, 3, 4],
    }
    ids = words.convert_tokens_to_ids(list(_IMAGE))
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config=vision,
        vision_start_token_id=ids[0],
        vision_end_token_id=ids[1],
        image_token_id=ids[2],
        video_token_id=ids[3],
        tie_word_embeddings=False,
    )
    return Qwen2_5_VLForConditionalGeneration(config)


def train(budget: Budget, drawer: Path, out: Path, start: Path | None = None) -> dict[str, Any]:
    """Train on seen pairings, from random weights or from `start`; some pictures are by the Diffuser in `drawer`."""
    torch.manual_seed(0)
    processor = build_processor()
    model = build(processor) if start is None else VLM.from_pretrained(start).model
    pool = painted_by(drawer, SEEN, 0 if start is None else 2, device=budget.device)  # who goes on has seen the first
    before = 0 if start is None else BEGINNER

    def lessons(had: int) -> Lessons:
        return Lessons(SEEN, repainted=pool, had=before + had)

    return teach(model, processor, lessons, SEEN, budget, out)
