"""RL-RIG in the architectures of FLUX.1-dev, FLUX.1 Kontext and Qwen2.5-VL, with random weights, on any device.

Speed and memory do not depend on what weights learned. Nothing is downloaded: tokenizers are built here, and prompts
are padded to the length that the published ones pad to. Both pipelines share text encoders and autoencoder, so that all
of it fits on one card of 80 GB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from rlrig_eval.scene import Requirement


@dataclass(frozen=True)
class Architecture:
    """What the configurations of the real classes are made from, class by class."""

    transformer: Mapping[str, Any]
    clip: Mapping[str, Any]
    t5: Mapping[str, Any]
    vae: Mapping[str, Any]
    text: Mapping[str, Any]
    vision: Mapping[str, Any]


FULL = Architecture(
    transformer={},  # the defaults of FluxTransformer2DModel are FLUX.1's
    clip={"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
    t5={"d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64},
    vae={"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 16},
    text={
        "vocab_size": 152064,
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
    },
    vision={
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 3584,
        "fullatt_block_indexes": [7, 15, 23, 31],
    },
)
"""FLUX.1-dev and Qwen2.5-VL-7B-Instruct, as their published config files say."""


class Scheduled:
    """Looks as the real Checker does and takes as long, and then says what a timetable says: random weights know
    nothing. Of every five prompts one is right at its first picture, one at its second, and so on to the fifth."""

    ROUNDS = 5

    def __init__(self, checker: Any) -> None:
        self._checker, self.vlm = checker, checker.vlm
        self._seen: list[Sequence[Requirement]] = []  # kept, so that no other takes the identity of one
        self._looks: list[int] = []

    def begin(self) -> None:
        """Forget the prompts; the next one seen is the first of five again."""
        self._seen, self._looks = [], []

    @property
    def spent(self) -> Any:
        return self._checker.spent

    def check(self, images: Sequence[Image.Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        self._checker.check(images, requirements)
        return [[float(self._satisfied(asked))] * len(asked) for asked in requirements]

    def _satisfied(self, asked: Sequence[Requirement]) -> bool:
        place = next((i for i, one in enumerate(self._seen) if one is asked), len(self._seen))
        if place == len(self._seen):
            self._seen.append(asked)
            self._looks.append(0)
        self._looks[place] += 1
        return self._looks[place] > place % self.ROUNDS


def system(architecture: Architecture, size: int, steps: int, batch_size: int, device: str, dtype: str) -> Any:
    """An RLRIGPipeline of that architecture at `size` pixels, whose Checker is `Scheduled`."""
    import torch
    from diffusers import FluxKontextPipeline, FluxPipeline

    from rlrig.backends.flow import FlowDiffuser, KontextEditor
    from rlrig.backends.vlm import VLM, VLMActor, VLMChecker
    from rlrig.pipeline import RLRIGPipeline
    from rlrig.presets import Loop, RoleSampling

    kind = getattr(torch, dtype)
    parts = _flux_parts(architecture, device, kind)
    drawer = FluxPipeline(**parts, transformer=_transformer(architecture, device, kind))
    editor = FluxKontextPipeline(**parts, transformer=_transformer(architecture, device, kind))
    for pipeline in (drawer, editor):
        pipeline.set_progress_bar_config(disable=True)
    sampling = RoleSampling(steps=steps, size=size, batch_size=batch_size, dtype=dtype)
    vlm = VLM(*_vlm(architecture, device, kind))
    loop = Loop(max_edits=4, patience=9)
    return RLRIGPipeline(
        FlowDiffuser(drawer, sampling),
        Scheduled(VLMChecker(vlm)),
        VLMActor(vlm),
        KontextEditor(editor, sampling),
        loop,
    )


def _random(make: Any, device: str, dtype: Any) -> Any:
    """A model made on the device itself, in its dtype: FLUX in float32 would not fit into main memory."""
    import torch

    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            return make().eval()
    finally:
        torch.set_default_dtype(before)


def _transformer(architecture: Architecture, device: str, dtype: Any) -> Any:
    from diffusers import FluxTransformer2DModel

    return _random(lambda: FluxTransformer2DModel(**architecture.transformer, guidance_embeds=True), device, dtype)


def _flux_parts(architecture: Architecture, device: str, dtype: Any) -> dict[str, Any]:
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
    from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

    words = _bytes()
    clip = CLIPTextConfig(**architecture.clip, vocab_size=49408, pad_token_id=0, bos_token_id=1, eos_token_id=1)
    t5 = T5Config(**architecture.t5, vocab_size=32128, feed_forward_proj="gated-gelu", dropout_rate=0.0)
    stages = len(architecture.vae["block_out_channels"])
    autoencoder = {
        **architecture.vae,
        "down_block_types": ("DownEncoderBlock2D",) * stages,
        "up_block_types": ("UpDecoderBlock2D",) * stages,
        "scaling_factor": 0.3611,
        "shift_factor": 0.1159,
        "use_quant_conv": False,
        "use_post_quant_conv": False,
    }
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
        "vae": _random(lambda: AutoencoderKL(**autoencoder), device, dtype),
        "text_encoder": _random(lambda: CLIPTextModel(clip), device, dtype),
        "tokenizer": words,
        "text_encoder_2": _random(lambda: T5EncoderModel(t5), device, dtype),
        "tokenizer_2": words,
    }


def _bytes() -> Any:
    """A tokenizer with a token a byte; only the length that it pads to matters."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ("<pad>", "</s>", "<unk>")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE({token: i for i, token in enumerate([*special, *letters])}, [], unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=77, padding_side="right", **names)


def _vlm(architecture: Architecture, device: str, dtype: Any) -> tuple[Any, Any]:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    from rlrig.bundled.recipes.vlm import CHAT
    from rlrig.bundled.training.vlm_tokens import tokenizer
    from rlrig_eval.processors import allow_missing_torchvision

    allow_missing_torchvision()
    marks = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    words = tokenizer(marks, CHAT)
    words.padding_side = "left"
    ids = words.convert_tokens_to_ids(list(marks))
    config = Qwen2_5_VLConfig(
        text_config={**architecture.text, "eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id},
        vision_config=dict(architecture.vision),
        vision_start_token_id=ids[0],
        vision_end_token_id=ids[1],
        image_token_id=ids[2],
        video_token_id=ids[3],
        tie_word_embeddings=False,
    )
    model = _random(lambda: Qwen2_5_VLForConditionalGeneration(config), device, dtype)
    return model, Qwen2_5_VLProcessor(Qwen2VLImageProcessorPil(), words, chat_template=CHAT)
