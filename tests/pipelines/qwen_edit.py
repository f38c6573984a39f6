"""A Qwen-Image-Edit checkpoint with random weights: the parts of `families.qwen_image`, and eyes.

Its pipeline reads every picture at a million pixels, whatever it draws. So that this costs little, the autoencoder is
narrow and shrinks pictures thirty-two times, and the processor hands 16 patches to the text encoder.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from rlrig_eval.processors import allow_missing_torchvision
from tests.pipelines import families

TOKENS = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
PATCH, SEEN = 8, 16
"""Pixels a side, and the patches of a picture."""


def qwen_edit() -> Any:
    from diffusers import QwenImageEditPipeline

    return QwenImageEditPipeline(**_parts())


def qwen_edit_plus() -> Any:
    """Qwen-Image-Edit-2509's."""
    from diffusers import QwenImageEditPlusPipeline

    return QwenImageEditPlusPipeline(**_parts())


def _parts() -> dict[str, Any]:
    from transformers import Qwen2VLProcessor
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    allow_missing_torchvision()
    drawer = families.qwen_image()
    words = families.tokenizer(2048, TOKENS)
    pixels = SEEN * PATCH**2
    eyes = Qwen2VLImageProcessorPil(
        patch_size=PATCH, merge_size=2, temporal_patch_size=2, size={"shortest_edge": pixels, "longest_edge": pixels}
    )
    return {
        "scheduler": drawer.scheduler,
        "transformer": drawer.transformer,
        "vae": _autoencoder(),
        "text_encoder": _text_encoder(words),
        "tokenizer": words,
        "processor": Qwen2VLProcessor(eyes, words, chat_template=families.CHAT),
    }


def _autoencoder() -> Any:
    """Without the blocks between the halvings, which would take most of the time; a picture shows in its latents."""
    from diffusers import AutoencoderKLQwenImage

    halvings = 5
    made = AutoencoderKLQwenImage(
        base_dim=4,
        z_dim=4,
        dim_mult=[1] * (halvings + 1),
        num_res_blocks=0,
        temperal_downsample=[False] * halvings,
        latents_mean=[0.0] * 4,
        latents_std=[1.0] * 4,
    )
    for part in made.modules():
        if isinstance(part, nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(part.weight)
            nn.init.zeros_(part.bias)
    return made


def _text_encoder(words: Any) -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    text, vision = families.qwen_language(len(words)), families.qwen_vision(patch_size=PATCH, window_size=2 * PATCH)
    start, end, image, video = words.convert_tokens_to_ids(list(TOKENS))
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config=text,
            vision_config=vision,
            vision_start_token_id=start,
            vision_end_token_id=end,
            image_token_id=image,
            video_token_id=video,
        )
    )
