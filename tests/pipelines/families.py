"""A checkpoint of each published family, real classes with random weights and a few thousand parameters.

Dimensions follow the dummy components of diffusers' own tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

CHAT = "{% for message in messages %}{{ message.content }}{% endfor %}{% if add_generation_prompt %}>{% endif %}"
SPECIAL = ("<pad>", "</s>", "<unk>")
LONGEST = 77


def tokenizer(longest: int = LONGEST, more: Sequence[str] = ()) -> PreTrainedTokenizerFast:
    """A token a byte, padded on the right; and `more` special tokens, last."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE({token: i for i, token in enumerate([*SPECIAL, *letters])}, [], unk_token="<unk>"))
    raw.add_special_tokens(list(more))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=longest,
        chat_template=CHAT,
        padding_side="right",
    )


VOCABULARY = len(SPECIAL) + 256
WARNS = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
"""What diffusers' schedulers of diffusion (not flow) models make numpy 2.4 say of torch."""


def clip(projected: bool = False, width: int = 32) -> CLIPTextModel | CLIPTextModelWithProjection:
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=LONGEST,
        projection_dim=width,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=1,
    )
    return CLIPTextModelWithProjection(config) if projected else CLIPTextModel(config)


def t5(width: int = 32) -> T5EncoderModel:
    config = T5Config(
        vocab_size=VOCABULARY, d_model=width, d_kv=8, d_ff=37, num_layers=2, num_heads=4, dropout_rate=0.0
    )
    return T5EncoderModel(config)


def vae(widths: tuple[int, ...] = (32, 64), **more: Any) -> Any:
    """Latents of half the picture's side, or with one width of the picture's own."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=widths,
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        latent_channels=4,
        **more,
    )


def unet(**more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    given: dict[str, Any] = {
        "block_out_channels": (32, 64),
        "layers_per_block": 1,
        "sample_size": 16,
        "in_channels": 4,
        "out_channels": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "cross_attention_dim": 32,
    }
    return UNet2DConditionModel(**{**given, **more})


def sd15(pipeline: str = "StableDiffusionPipeline", prediction: str = "epsilon", **of_unet: Any) -> Any:
    import diffusers

    return getattr(diffusers, pipeline)(
        vae=vae(),
        text_encoder=clip(),
        tokenizer=tokenizer(),
        unet=unet(**of_unet),
        scheduler=diffusers.DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
            prediction_type=prediction,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def instruct_pix2pix() -> Any:
    return sd15("StableDiffusionInstructPix2PixPipeline", in_channels=8)


def sd21() -> Any:
    """It predicts velocities, projects linearly, and has heads of one width."""
    return sd15(prediction="v_prediction", use_linear_projection=True, attention_head_dim=(2, 4))


def sdxl() -> Any:
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

    return StableDiffusionXLPipeline(
        vae=vae(),
        text_encoder=clip(),
        tokenizer=tokenizer(),
        text_encoder_2=clip(projected=True),
        tokenizer_2=tokenizer(),
        unet=unet(
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            transformer_layers_per_block=(1, 2),
            projection_class_embeddings_input_dim=80,
            cross_attention_dim=64,
        ),
        scheduler=EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
    )


def sd35() -> Any:
    """Its queries and keys are normalised, and its first blocks attend twice (as in Medium)."""
    return sd3(qk_norm="rms_norm", dual_attention_layers=(0,))


def sd3(**of_transformer: Any) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    return StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=16,
            patch_size=1,
            in_channels=4,
            out_channels=4,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_projection_dim=32,
            joint_attention_dim=64,
            pooled_projection_dim=64,
            **of_transformer,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(projected=True),
        tokenizer=tokenizer(),
        text_encoder_2=clip(projected=True),
        tokenizer_2=tokenizer(),
        text_encoder_3=t5(64),
        tokenizer_3=tokenizer(),
    )


def flux_schnell() -> Any:
    return flux(guidance_embeds=False)


def flux(guidance_embeds: bool = True) -> Any:
    """With embedded guidance, as FLUX.1 [dev]."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    return FluxPipeline(
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            axes_dims_rope=(4, 4, 8),
            guidance_embeds=guidance_embeds,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=guidance_embeds),
        vae=vae(shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(),
        tokenizer=tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=tokenizer(),
    )


def _flux2_vae() -> Any:
    from diffusers import AutoencoderKLFlux2

    return AutoencoderKLFlux2(
        sample_size=32,
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
        block_out_channels=(4,),
        layers_per_block=1,
        latent_channels=1,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def _flux2_transformer(guidance_embeds: bool) -> Any:
    from diffusers import Flux2Transformer2DModel

    return Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        timestep_guidance_channels=256,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=guidance_embeds,
    )


def flux2_klein() -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline
    from transformers import Qwen3Config, Qwen3ForCausalLM

    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_flux2_vae(),
        text_encoder=Qwen3ForCausalLM(
            Qwen3Config(
                vocab_size=VOCABULARY,
                hidden_size=16,
                intermediate_size=16,
                num_hidden_layers=3,
                num_attention_heads=2,
                num_key_value_heads=2,
                head_dim=8,
            )
        ),
        tokenizer=tokenizer(),
        transformer=_flux2_transformer(guidance_embeds=False),
    )


def flux2() -> Any:
    """As published but for the tokenizer's class, which cannot be made without torchvision: `save` writes it in."""
    from diffusers import FlowMatchEulerDiscreteScheduler, Flux2Pipeline
    from transformers import Mistral3Config, Mistral3ForConditionalGeneration

    language = {
        "model_type": "mistral",
        "vocab_size": VOCABULARY,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    vision = {
        "model_type": "pixtral",
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 16,
        "patch_size": 8,
    }
    words = tokenizer()
    words.chat_template = "{{ messages[-1].content[0].text }}"  # what the system is told comes first and is long
    return Flux2Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_flux2_vae(),
        text_encoder=Mistral3ForConditionalGeneration(Mistral3Config(text_config=language, vision_config=vision)),
        tokenizer=words,
        transformer=_flux2_transformer(guidance_embeds=True),
    )


def qwen_language(vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]},
    }


def qwen_vision(**more: Any) -> dict[str, Any]:
    given = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
    return {**given, **more}


def qwen_image() -> Any:
    from diffusers import (
        AutoencoderKLQwenImage,
        FlowMatchEulerDiscreteScheduler,
        QwenImagePipeline,
        QwenImageTransformer2DModel,
    )
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    text = Qwen2_5_VLConfig(text_config=qwen_language(VOCABULARY), vision_config=qwen_vision())
    return QwenImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=AutoencoderKLQwenImage(
            base_dim=24,
            z_dim=4,
            dim_mult=[1, 2, 4],
            num_res_blocks=1,
            temperal_downsample=[False, True],
            latents_mean=[0.0] * 4,
            latents_std=[1.0] * 4,
        ),
        text_encoder=Qwen2_5_VLForConditionalGeneration(text),
        tokenizer=tokenizer(2048),
        transformer=QwenImageTransformer2DModel(
            patch_size=2,
            in_channels=16,
            out_channels=4,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            guidance_embeds=False,
            axes_dims_rope=(8, 4, 4),
        ),
    )


def sana() -> Any:
    from diffusers import AutoencoderDC, FlowMatchEulerDiscreteScheduler, SanaPipeline, SanaTransformer2DModel
    from transformers import Gemma2Config, Gemma2Model

    blocks, widths, scales = ("ResBlock", "EfficientViTBlock"), (8, 8), ((), (5,))
    return SanaPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=AutoencoderDC(
            in_channels=3,
            latent_channels=4,
            attention_head_dim=2,
            encoder_block_types=blocks,
            decoder_block_types=blocks,
            encoder_block_out_channels=widths,
            decoder_block_out_channels=widths,
            encoder_qkv_multiscales=scales,
            decoder_qkv_multiscales=scales,
            encoder_layers_per_block=(1, 1),
            decoder_layers_per_block=(1, 1),
            downsample_block_type="conv",
            upsample_block_type="interpolate",
            decoder_norm_types="rms_norm",
            decoder_act_fns="silu",
            scaling_factor=0.41407,
        ),
        text_encoder=Gemma2Model(
            Gemma2Config(
                vocab_size=VOCABULARY,
                head_dim=16,
                hidden_size=8,
                intermediate_size=64,
                num_attention_heads=2,
                num_hidden_layers=1,
                num_key_value_heads=2,
            )
        ),
        tokenizer=tokenizer(512),
        transformer=SanaTransformer2DModel(
            patch_size=1,
            in_channels=4,
            out_channels=4,
            num_layers=1,
            num_attention_heads=2,
            attention_head_dim=4,
            num_cross_attention_heads=2,
            cross_attention_head_dim=4,
            cross_attention_dim=8,
            caption_channels=8,
            sample_size=32,
        ),
    )


def pixart_sigma() -> Any:
    from diffusers import DPMSolverMultistepScheduler, PixArtSigmaPipeline, PixArtTransformer2DModel

    return PixArtSigmaPipeline(
        transformer=PixArtTransformer2DModel(
            sample_size=16,
            num_layers=1,
            patch_size=2,
            attention_head_dim=8,
            num_attention_heads=3,
            caption_channels=32,
            in_channels=4,
            out_channels=8,
            cross_attention_dim=24,
            use_additional_conditions=False,
        ),
        vae=vae(),
        text_encoder=t5(),
        tokenizer=tokenizer(),
        scheduler=DPMSolverMultistepScheduler(),
    )


def hidream() -> Any:
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        HiDreamImagePipeline,
        HiDreamImageTransformer2DModel,
    )
    from transformers import LlamaConfig, LlamaForCausalLM

    # It scales every size to the area of 128 x 128 latents. So that this costs little, patches are large, and the
    # autoencoder neither shrinks nor attends.
    small = {"widths": (32,), "mid_block_add_attention": False, "use_quant_conv": False, "use_post_quant_conv": False}
    return HiDreamImagePipeline(
        transformer=HiDreamImageTransformer2DModel(
            patch_size=8,
            in_channels=4,
            out_channels=4,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_channels=[32, 16],
            text_emb_dim=64,
            num_routed_experts=4,
            num_activated_experts=2,
            axes_dims_rope=(4, 2, 2),
            max_resolution=(32, 32),
            llama_layers=(0, 1),
        ),
        vae=vae(shift_factor=0.06, scaling_factor=1.5, **small),
        scheduler=FlowMatchEulerDiscreteScheduler(),
        text_encoder=clip(projected=True),
        tokenizer=tokenizer(),
        text_encoder_2=clip(projected=True),
        tokenizer_2=tokenizer(),
        text_encoder_3=t5(),
        tokenizer_3=tokenizer(),
        text_encoder_4=LlamaForCausalLM(
            LlamaConfig(
                vocab_size=VOCABULARY,
                hidden_size=16,
                intermediate_size=16,
                num_hidden_layers=2,
                num_attention_heads=2,
            )
        ),
        tokenizer_4=tokenizer(),
    )


FAMILIES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "sd15": (sd15, {"guidance": 4.0}),
    "sd21": (sd21, {"guidance": 4.0}),
    "sdxl": (sdxl, {"guidance": 4.0}),
    "sd3": (sd3, {"guidance": 4.0, "max_sequence_length": 32}),
    "sd35": (sd35, {"guidance": 4.0, "max_sequence_length": 32}),
    "flux": (flux, {"guidance": 4.0, "max_sequence_length": 32}),
    "flux-schnell": (flux_schnell, {"true_cfg": 4.0, "negative_prompt": "", "max_sequence_length": 32}),
    "flux2": (flux2, {"guidance": 4.0, "max_sequence_length": 32, "arguments": {"text_encoder_out_layers": [1, 2, 3]}}),
    "flux2-klein": (
        flux2_klein,
        {"guidance": 4.0, "max_sequence_length": 32, "arguments": {"text_encoder_out_layers": [1, 2, 3]}},
    ),
    "qwen-image": (qwen_image, {"true_cfg": 4.0, "negative_prompt": " "}),
    "sana": (
        sana,
        {"guidance": 4.0, "arguments": {"use_resolution_binning": False, "complex_human_instruction": None}},
    ),
    "pixart-sigma": (
        pixart_sigma,
        {"guidance": 4.0, "max_sequence_length": 32, "arguments": {"use_resolution_binning": False}},
    ),
    "hidream": (hidream, {"guidance": 4.0, "max_sequence_length": 32, "size": 128}),
}
"""How each family is made, and the settings that it takes beside steps and size."""


def save(make: Callable[[], Any], folder: Path) -> Path:
    """The same weights every time, large enough for a prompt to show in the picture."""
    torch.manual_seed(0)
    pipeline = make()
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            for weight in part.parameters():
                if weight.ndim == 2:
                    torch.nn.init.normal_(weight, std=0.15)
    pipeline.save_pretrained(folder)
    if make is flux2 and find_spec("torchvision") is None:
        index = json.loads((folder / "model_index.json").read_text())
        index["tokenizer"] = ["transformers", "PixtralProcessor"]
        (folder / "model_index.json").write_text(json.dumps(index))
    return folder
