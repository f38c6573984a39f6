"""What the bundled Diffuser and editor share: a small FLUX, its text encoders, and the flow-matching loss."""

import copy
import math
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

from rlrig.bundled.training.owners import watched
from rlrig.bundled.training.tokens import SPECIAL, tokenizer, words
from rlrig.precision import half_precision
from rlrig_eval.checkpoints import open_pipeline, unusable, weights_hash
from rlrig_eval.errors import UsageError
from rlrig_eval.shapes import CANVAS

WIDTH = 192
HEADS = 6
TEXT_WIDTH = 128
POOLED_WIDTH = 64
TEXT_TOKENS = 24
EDIT_TOKENS = 36  # a prompt and an instruction
SHIFT = 3.0  # of the timesteps that are sampled at: global layout is decided at high noise
CENTRE = 0.5  # of the logits of the noise levels trained at: where a thing goes is decided above 0.9
SPREAD = 1.5  # of those logits: which shape a thing has is decided below 0.5
NEIGHBOURS = (1, 17, 2)  # T5's buckets of relative positions -1, +1 and -2
DROP_TEXT = 0.1  # share of empty prompts, for classifier-free guidance


class TextToVelocity(nn.Module):
    """The trained parts of a FLUX pipeline, with its own way of conditioning (no attention mask, zero text ids).

    Packed latents (B, N, C) are N tokens of `channels` values each: 8 x 8 tokens of 32 for the autoencoder of `vae.py`.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        vocabulary = len(SPECIAL) + len(words())
        self.transformer = FluxTransformer2DModel(
            patch_size=1,
            in_channels=channels,
            num_layers=2,
            num_single_layers=4,
            attention_head_dim=WIDTH // HEADS,
            num_attention_heads=HEADS,
            joint_attention_dim=TEXT_WIDTH,
            pooled_projection_dim=POOLED_WIDTH,
            guidance_embeds=False,
            axes_dims_rope=(4, 14, 14),
        )
        self.text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=vocabulary,
                hidden_size=POOLED_WIDTH,
                intermediate_size=2 * POOLED_WIDTH,
                num_hidden_layers=1,
                num_attention_heads=2,
                max_position_embeddings=TEXT_TOKENS,
                pad_token_id=0,
                bos_token_id=1,
                eos_token_id=1,
            )
        )
        self.text_encoder_2 = T5EncoderModel(
            T5Config(
                vocab_size=vocabulary,
                d_model=TEXT_WIDTH,
                d_kv=32,
                d_ff=256,
                num_layers=2,
                num_heads=4,
                feed_forward_proj="gated-gelu",
                dropout_rate=0.0,
                pad_token_id=0,
                eos_token_id=1,
            )
        )

        _look_at_neighbours(self.text_encoder_2)

    @classmethod
    def from_checkpoint(cls, path: Path) -> "TextToVelocity":
        """The parts of a FLUX or FLUX Kontext pipeline of this size, in float32."""
        pipeline = open_pipeline(DiffusionPipeline, path, "float32", "cpu")
        model = cls(pipeline.transformer.config.in_channels)
        for part, _ in model.named_children():
            setattr(model, part, getattr(pipeline, part))
        return model

    @classmethod
    def begun(cls, start: Path, vae: Path) -> "TextToVelocity":
        """The parts of the pipeline in `start`, for the latents of the autoencoder in `vae`.

        Where it had another one, the text encoders and the blocks are kept, and what reads and writes latents begins
        anew.
        """
        model = cls.from_checkpoint(start)
        return model if drawn_with(start, vae) else model.for_latents(token_values(load_vae(vae, "cpu")))

    def for_latents(self, channels: int) -> "TextToVelocity":
        """These weights for latents of another autoencoder: what reads and writes them begins anew."""
        model = TextToVelocity(channels)
        own = ("transformer.x_embedder.", "transformer.proj_out.")
        kept = {name: old for name, old in self.state_dict().items() if not name.startswith(own)}
        model.load_state_dict(model.state_dict() | kept)
        return model

    def forward(self, noisy: Tensor, sigma: Tensor, tokens: Tensor, reference: Tensor | None = None) -> Tensor:
        """Velocity (B, N, C) at packed latents `noisy` (B, N, C), `sigma` (B,) in [0, 1], `tokens` (B, T).

        CLIP reads the first TEXT_TOKENS of them, as its tokenizer would cut them off.

        `reference` (B, N, C) is the packed clean latent of the picture to edit (FLUX Kontext).
        """
        pooled = self.text_encoder(_cut(tokens)).pooler_output
        text = self.text_encoder_2(tokens)[0]
        ids = picture_ids(0, noisy.shape[1], noisy.device)
        sequence = noisy
        if reference is not None:
            sequence = torch.cat([noisy, reference], dim=1)
            ids = torch.cat([ids, picture_ids(1, reference.shape[1], noisy.device)])
        velocity = self.transformer(
            hidden_states=sequence,
            timestep=sigma,
            pooled_projections=pooled,
            encoder_hidden_states=text,
            txt_ids=torch.zeros(text.shape[1], 3, device=noisy.device),
            img_ids=ids,
            return_dict=False,
        )[0]
        return velocity[:, : noisy.shape[1]]

    def with_middle(
        self, noisy: Tensor, sigma: Tensor, tokens: Tensor, reference: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The velocity, and the hidden states (B, N, WIDTH) of the picture after half of the single-stream blocks."""
        with watched(self._middle) as seen:
            velocity = self(noisy, sigma, tokens, reference)
        _, picture = seen[0]
        return velocity, picture[:, : noisy.shape[1]]

    @property
    def _middle(self) -> nn.Module:
        blocks = self.transformer.single_transformer_blocks
        return blocks[len(blocks) // 2 - 1]

    def compile_blocks(self) -> None:
        """Compile the blocks for batches of one size: a third off a step. The one that is watched stays as it is."""
        for block in (*self.transformer.transformer_blocks, *self.transformer.single_transformer_blocks):
            if block is not self._middle:
                block.compile(dynamic=False)


def _look_at_neighbours(encoder: T5EncoderModel) -> None:
    """Begin with a head each for the word before, the word after and the one before that.

    T5 begins without: what colour a noun has then waits for thousands of steps, until a bias of 6 or so has grown.
    """
    bias = encoder.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight
    with torch.no_grad():
        for head, bucket in enumerate(NEIGHBOURS):
            bias[:, head] = 0.0
            bias[bucket, head] = 6.0


def picture_ids(index: int, tokens: int, device: torch.device) -> Tensor:
    """(tokens, 3) position ids of a square picture: which picture, row, column."""
    side = math.isqrt(tokens)
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    which = torch.full_like(rows, index)
    return torch.stack([which, rows, columns], -1).reshape(-1, 3).to(device, torch.float32)


def pack(latents: Tensor) -> Tensor:
    """(B, C, H, W) to (B, H W / 4, 4 C), in the order of FluxPipeline."""
    b, c, h, w = latents.shape
    return latents.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, h * w // 4, c * 4)


@torch.no_grad()
def encode(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """(B, 3, 64, 64) in [-1, 1] to packed, normalised latents (B, N, C)."""
    with half_precision(vae.device.type):
        latents = vae.encode(pictures.to(vae.device)).latent_dist.mode().float()
    return pack((latents - vae.config.shift_factor) * vae.config.scaling_factor)


@torch.no_grad()
def decode(vae: AutoencoderKL, latents: Tensor) -> Tensor:
    """Packed, normalised latents (B, N, C) to pictures (B, 3, 64, 64), about in [-1, 1]."""
    scaled = latents / vae.config.scaling_factor + vae.config.shift_factor
    grid = FluxPipeline._unpack_latents(scaled, CANVAS, CANVAS, vae_scale_factor=cell(vae))
    return vae.decode(grid).sample


def cell(vae: AutoencoderKL) -> int:
    """Pixels a side of one latent cell."""
    return 2 ** (len(vae.config.block_out_channels) - 1)


def picture_tokens(vae: AutoencoderKL) -> int:
    """Tokens of a picture: a packed token holds 2 x 2 latent cells."""
    return (CANVAS // (2 * cell(vae))) ** 2


def token_values(vae: AutoencoderKL) -> int:
    """Values that a packed token holds."""
    channels: int = vae.config.latent_channels
    return 4 * channels


def flow_matching(
    model: "TextToVelocity", clean: Tensor, tokens: Tensor, reference: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Mean squared error of the velocity noise - clean at sigma logit-normal (Esser et al. 2024).

    And the hidden states (B, N, WIDTH) of the middle layer, for what else is learned from them.
    """
    sigma = torch.sigmoid(CENTRE + SPREAD * torch.randn(len(clean), device=clean.device))
    noise = torch.randn_like(clean)
    level = sigma[:, None, None]
    dropped = torch.rand(len(tokens), device=tokens.device) < DROP_TEXT
    tokens = torch.where(dropped[:, None], empty_prompt(tokens), tokens)
    predicted, hidden = model.with_middle((1 - level) * clean + level * noise, sigma, tokens, reference)
    return (predicted.float() - (noise - clean)).pow(2).mean(), hidden


def empty_prompt(tokens: Tensor) -> Tensor:
    """The token ids of "": </s>, then padding."""
    blank = torch.zeros_like(tokens)
    blank[:, 0] = 1
    return blank


def tokenise(texts: list[str], made: PreTrainedTokenizerFast, length: int = TEXT_TOKENS) -> Tensor:
    return made(texts, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids


def _cut(tokens: Tensor) -> Tensor:
    """The first TEXT_TOKENS ids of each row, ending in </s> as the tokenizer ends what it cuts off."""
    short = tokens[:, :TEXT_TOKENS].clone()
    short[:, -1] = torch.where(short[:, -1] > 0, 1, 0)
    return short


def load_vae(path: Path, device: str) -> AutoencoderKL:
    """The autoencoder in a folder, or that of the pipeline in it. UsageError when it cannot be read."""
    path = path / "vae" if (path / "vae").is_dir() else path
    if not (path / "config.json").is_file():
        raise UsageError(f"autoencoder {path}: no folder with a config.json in it")
    try:
        model = AutoencoderKL.from_pretrained(path, torch_dtype=torch.float32)
    except (OSError, ValueError) as problem:
        raise unusable(path, problem) from problem
    return model.to(device, memory_format=torch.channels_last).eval()


def drawn_with(pipeline: Path, vae: Path) -> bool:
    """Whether the latents of the pipeline are those of the autoencoder in `vae`."""
    return weights_hash(str(pipeline / "vae")) == weights_hash(str(vae))


def save(pipeline_class: Any, model: nn.Module, vae: AutoencoderKL, out: Path) -> None:
    """Write the diffusers FLUX pipeline of the trained parts in half precision; `model` and `vae` stay as they are."""
    parts = TextToVelocity(token_values(vae))
    parts.load_state_dict({name: value.cpu() for name, value in model.state_dict().items()})
    pipeline = pipeline_class(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=SHIFT),
        vae=copy.deepcopy(vae).cpu(),
        text_encoder=parts.text_encoder,
        tokenizer=tokenizer(TEXT_TOKENS),
        text_encoder_2=parts.text_encoder_2,
        tokenizer_2=tokenizer(EDIT_TOKENS),
        transformer=parts.transformer,
    )
    pipeline.vae.register_to_config(_name_or_path="")  # a folder of this machine means nothing elsewhere
    pipeline.to(dtype=torch.float16).save_pretrained(out, safe_serialization=True)
