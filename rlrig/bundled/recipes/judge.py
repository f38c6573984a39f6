"""The bundled judge: another class (Idefics3), other styles and another seed than the Checker's."""

from pathlib import Path
from typing import Any

import torch
from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

from rlrig.backends.vlm import VLM
from rlrig.bundled.lessons.curriculum import BEGINNER, Lessons
from rlrig.bundled.training.fit import Budget
from rlrig.bundled.training.repainted import painted_by
from rlrig.bundled.training.teaching import teach
from rlrig.bundled.training.vlm_tokens import START, tokenizer
from rlrig_eval.shapes import PAIRINGS, PLAIN, Style

SEED = 20_000_000
STYLES = (
    PLAIN,
    Style(tint=(-18, -10, 0)),
    Style(tint=(0, -12, -24), shade=(14, 14, 14)),
    Style(shade=(-18, -18, -18)),
    Style(outline=1.0),
    Style(tint=(-30, -30, -30), outline=0.7, shade=(10, 0, -10)),
)
SIDE, PATCH, MERGE = 64, 8, 1
_IMAGE = ("<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>")
CHAT = (
    "{% for message in messages %}{% if message.role == 'user' %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}{% else %}" + START + "{{ message.content }}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}" + START + "{% endif %}"
)


def build_processor() -> Idefics3Processor:
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": SIDE}, max_image_size={"longest_edge": SIDE}, do_image_splitting=False
    )
    tokens = (SIDE // PATCH // MERGE) ** 2
    return Idefics3Processor(images, tokenizer(_IMAGE, CHAT), image_seq_len=tokens, chat_template=CHAT)


def build(processor: Idefics3Processor) -> Idefics3ForConditionalGeneration:
    """About 2.3 million parameters, random; 64 image tokens for a picture of 64 x 64."""
    words = processor.tokenizer
    text = {
        "model_type": "llama",
        "vocab_size": len(words),
        "hidden_size": 128,
        "intermediate_size": 384,
        "num_hidden_layers": 5,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "max_position_embeddings": 512,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100.0},
        "bos_token_id": None,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }
    vision = {
        "hidden_size": 128,
        "intermediate_size": 512,
        "num_hidden_layers": 5,
        "num_attention_heads": 4,
        "image_size": SIDE,
        "patch_size": PATCH,
    }
    config = Idefics3Config(
        text_config=text,
        vision_config=vision,
        scale_factor=MERGE,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        tie_word_embeddings=False,
    )
    return Idefics3ForConditionalGeneration(config)


def train(budget: Budget, drawer: Path, out: Path, start: Path | None = None) -> dict[str, Any]:
    """Train on pictures of every pairing in six styles, from random weights or from `start`, and save to `out`."""
    torch.manual_seed(SEED)
    processor = build_processor()
    model = build(processor) if start is None else VLM.from_pretrained(start).model
    pool = painted_by(drawer, PAIRINGS, SEED if start is None else SEED + 1, STYLES, budget.device)
    before = 0 if start is None else BEGINNER

    def lessons(had: int) -> Lessons:
        return Lessons(PAIRINGS, STYLES, pool, before + had)

    return teach(model, processor, lessons, PAIRINGS, budget, out, seed=SEED)
