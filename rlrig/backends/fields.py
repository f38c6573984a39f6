"""The velocity field of a flow pipeline, and the ways between pictures and latents: FLUX and Stable Diffusion 3."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from PIL import Image
from torch import Tensor

from rlrig.backends.solvers import Velocity
from rlrig_eval.errors import RunError, UsageError


class Field(Protocol):
    """Latents are float32, batched, of the shape that the pipeline's transformer takes."""

    pipeline: Any

    def encode(self, images: Sequence[Image.Image]) -> Tensor:
        """The latents of RGB pictures of one size: the mean of the autoencoder's posterior."""
        ...

    def decode(self, latents: Tensor) -> list[Image.Image]: ...

    def velocity(self, prompts: Sequence[str], guidance: float) -> Velocity:
        """The transformer's velocity under a prompt for each latent.

        `guidance` is embedded where the transformer takes it so; elsewhere it is classifier-free, against the empty
        prompt, and 1 does without.
        """
        ...


def field_of(pipeline: Any, size: int, max_sequence_length: int) -> Field:
    """The field of a pipeline at `size` pixels a side.

    Raises:
        UsageError: its class has none here.
    """
    kinds = {"FluxPipeline": FluxField, "StableDiffusion3Pipeline": SD3Field}
    name = type(pipeline).__name__
    if name not in kinds:
        raise UsageError(f"no inversion for a {name}: only for {' and '.join(kinds)}")
    return kinds[name](pipeline, size, max_sequence_length)


def noise_levels(pipeline: Any, steps: int, tokens: int) -> tuple[float, ...]:
    """The scheduler's own sigmas, shifted once: from 1 down to 0, one more than there are steps."""
    scheduler = pipeline.scheduler
    config = scheduler.config
    shift = None
    if config.get("use_dynamic_shifting"):
        names = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
        shift = calculate_shift(tokens, *(config[name] for name in names))
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=shift, device="cpu")
    return tuple(scheduler.sigmas.tolist())


def patch(pipeline: Any) -> int:
    """Pixels a side of one token of a pipeline that packs its latents two by two."""
    return 2 * int(pipeline.vae_scale_factor)


def require_picture(pixels: Tensor) -> Tensor:
    """`pixels`; RunError where one is NaN or infinite: black in a picture, it would be judged as if it were drawn."""
    if not bool(pixels.isfinite().all()):
        raise RunError("the picture has NaN or infinite pixels")
    return pixels


class _Field:
    """What the two have in common."""

    def __init__(self, pipeline: Any, size: int, max_sequence_length: int) -> None:
        self.pipeline, self._size, self._length = pipeline, size, max_sequence_length

    @property
    def _device(self) -> torch.device:
        return self.pipeline._execution_device  # the GPU, also for what waits in main memory

    @torch.no_grad()
    def _encoded(self, images: Sequence[Image.Image]) -> Tensor:
        vae = self.pipeline.vae
        pixels = self.pipeline.image_processor.preprocess(list(images), self._size, self._size)
        latents = vae.encode(pixels.to(self._device, vae.dtype)).latent_dist.mode()
        return (latents.float() - vae.config.shift_factor) * vae.config.scaling_factor

    @torch.no_grad()
    def _decoded(self, latents: Tensor) -> list[Image.Image]:
        vae = self.pipeline.vae
        pixels = vae.decode((latents / vae.config.scaling_factor + vae.config.shift_factor).to(vae.dtype)).sample
        pictures: list[Image.Image] = self.pipeline.image_processor.postprocess(
            require_picture(pixels), output_type="pil"
        )
        return pictures


class FluxField(_Field):
    """Latents (B, N, C), packed two by two, as FluxPipeline's transformer takes them."""

    def encode(self, images: Sequence[Image.Image]) -> Tensor:
        latents = self._encoded(images)
        return self.pipeline._pack_latents(latents, *latents.shape)  # type: ignore[no-any-return]

    def decode(self, latents: Tensor) -> list[Image.Image]:
        pipe = self.pipeline
        return self._decoded(pipe._unpack_latents(latents, self._size, self._size, pipe.vae_scale_factor))

    @torch.no_grad()
    def velocity(self, prompts: Sequence[str], guidance: float) -> Velocity:
        pipe, transformer = self.pipeline, self.pipeline.transformer
        embedded = bool(transformer.config.guidance_embeds)
        free = not embedded and guidance != 1
        text, pooled, text_ids = self._read([*([""] * len(prompts) if free else []), *prompts])
        side = self._size // patch(pipe)
        ids = pipe._prepare_latent_image_ids(1, side, side, self._device, text.dtype)

        @torch.no_grad()
        def at(x: Tensor, t: float) -> Tensor:
            count = len(text)
            v = transformer(
                hidden_states=torch.cat([x] * (2 if free else 1)).to(text.dtype),
                timestep=torch.full((count,), t, device=x.device, dtype=text.dtype),
                guidance=torch.full((count,), guidance, device=x.device) if embedded else None,
                pooled_projections=pooled,
                encoder_hidden_states=text,
                txt_ids=text_ids,
                img_ids=ids,
                return_dict=False,
            )[0]
            return _guided(v.float(), guidance) if free else v.float()

        return at

    def _read(self, texts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        found: tuple[Tensor, Tensor, Tensor] = self.pipeline.encode_prompt(
            prompt=texts, prompt_2=None, max_sequence_length=self._length, device=self._device
        )
        return found


class SD3Field(_Field):
    """Latents (B, C, H, W), as StableDiffusion3Pipeline's transformer takes them."""

    def encode(self, images: Sequence[Image.Image]) -> Tensor:
        return self._encoded(images)

    def decode(self, latents: Tensor) -> list[Image.Image]:
        return self._decoded(latents)

    @torch.no_grad()
    def velocity(self, prompts: Sequence[str], guidance: float) -> Velocity:
        transformer = self.pipeline.transformer
        free = guidance != 1
        given, empty, pooled, empty_pooled = self.pipeline.encode_prompt(
            prompt=list(prompts),
            prompt_2=None,
            prompt_3=None,
            do_classifier_free_guidance=free,
            max_sequence_length=self._length,
            device=self._device,
        )
        text = torch.cat([empty, given]) if free else given
        summary = torch.cat([empty_pooled, pooled]) if free else pooled

        @torch.no_grad()
        def at(x: Tensor, t: float) -> Tensor:
            v = transformer(
                hidden_states=torch.cat([x] * (2 if free else 1)).to(text.dtype),
                timestep=torch.full((len(text),), 1000 * t, device=x.device, dtype=torch.float32),
                encoder_hidden_states=text,
                pooled_projections=summary,
                return_dict=False,
            )[0]
            return _guided(v.float(), guidance) if free else v.float()

        return at


def _guided(v: Tensor, guidance: float) -> Tensor:
    without, with_text = v.chunk(2)
    return without + guidance * (with_text - without)
