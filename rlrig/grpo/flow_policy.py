"""The editor as a policy: a FLUX Kontext pipeline with a LoRA, whose random steps have a probability."""

import hashlib
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux.pipeline_flux_kontext import calculate_shift, retrieve_timesteps
from diffusers.training_utils import cast_training_params
from peft import LoraConfig
from PIL import Image
from torch import Tensor

from rlrig.backends.fields import patch, require_picture
from rlrig.grpo.trajectory import Velocity
from rlrig.presets import RoleSampling
from rlrig_eval.checkpoints import quiet
from rlrig_eval.errors import UsageError, first_line

ADAPTER = "grpo"


@dataclass(frozen=True)
class Condition:
    """What B edits are conditioned on, encoded: text (B, L, E), pooled (B, P), the picture as tokens (B, N, C), their
    position ids; and the empty prompt's text and pooled where guidance wants it."""

    text: Tensor
    pooled: Tensor
    picture: Tensor
    text_ids: Tensor
    picture_ids: Tensor
    empty: tuple[Tensor, Tensor] | None

    def digest(self) -> str:
        """sha256 of what is conditioned on: equal for a replay, or the replay is of something else."""
        found = hashlib.sha256()
        for tensor in (self.text, self.pooled, self.picture):
            found.update(tensor.detach().float().cpu().numpy().tobytes())
        return found.hexdigest()


class KontextPolicy:
    """A FluxKontextPipeline of which a LoRA on the transformer alone is trained.

    Noise, sigmas and conditioning are those of the pipeline itself: with an empty window a rollout is the picture that
    `KontextEditor` makes from the same seed.

    Raises UsageError for a scheduler that goes another way than Euler's, or adds noise of its own.
    """

    def __init__(self, pipeline: Any, sampling: RoleSampling) -> None:
        scheduler = pipeline.scheduler
        if not isinstance(scheduler, FlowMatchEulerDiscreteScheduler) or scheduler.config.get("stochastic_sampling"):
            raise UsageError(
                "editor.sampling.scheduler: rollouts take the steps of a FlowMatchEulerDiscreteScheduler without noise "
                f"of its own, and the loop would edit by others ({type(scheduler).__name__})"
            )
        self.pipeline, self.sampling = pipeline, sampling
        self.transformer = pipeline.transformer

    def adapt(self, rank: int, alpha: float, targets: Sequence[str], seed: int = 0) -> None:
        """Put a fresh float32 LoRA of `seed` on the layers whose names end in `targets`; all else is frozen.

        Raises UsageError when no layer has such a name.
        """
        for part in (self.transformer, self.pipeline.vae, self.pipeline.text_encoder, self.pipeline.text_encoder_2):
            part.requires_grad_(requires_grad=False)
        lora = LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=list(targets))
        try:
            with torch.random.fork_rng(devices=[]):  # drawn on the CPU; other processes have the other GPUs
                torch.manual_seed(seed)
                self.transformer.add_adapter(lora, adapter_name=ADAPTER)
        except ValueError as problem:
            raise UsageError(f"editor.lora.targets: {first_line(problem)}") from problem
        cast_training_params(self.transformer, dtype=torch.float32)

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        return {name: p for name, p in self.transformer.named_parameters() if p.requires_grad}

    @contextmanager
    def reference(self) -> Iterator[None]:
        """Within, the policy is the one that training began with: the adapter is off."""
        self.transformer.disable_adapters()
        try:
            yield
        finally:
            self.transformer.enable_adapters()

    def sigmas(self) -> tuple[float, ...]:
        """The scheduler's own, shifted once: from 1 down to 0, one more than there are steps.

        The first is exactly 1: what float32 shifts to just beside it the kernel would divide by, or refuse.
        """
        steps, scheduler = self.sampling.steps, self.pipeline.scheduler
        names = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
        tokens = (self.sampling.size // patch(self.pipeline)) ** 2
        mu = calculate_shift(tokens, *(scheduler.config[name] for name in names))
        retrieve_timesteps(scheduler, steps, "cpu", sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
        first, *rest = scheduler.sigmas.tolist()
        return (1.0 if abs(first - 1) <= 1e-6 else first, *rest)

    @torch.no_grad()
    def encode(self, images: Sequence[Image.Image], instructions: Sequence[str]) -> Condition:
        """What each edit is conditioned on; siblings (one picture, as an object, and one text) are encoded once."""
        pipe, size = self.pipeline, self.sampling.size
        asked = [(id(image), text) for image, text in zip(images, instructions, strict=True)]
        distinct = dict(zip(asked, images, strict=True))
        order = {key: n for n, key in enumerate(distinct)}
        text, pooled, text_ids = self._read([instruction for _, instruction in distinct])
        scaled = pipe.image_processor.resize(list(distinct.values()), size, size)
        pictures = pipe.image_processor.preprocess(scaled, size, size)
        _, picture, ids, picture_ids = pipe.prepare_latents(
            pictures, len(order), self._channels, size, size, text.dtype, text.device, _generators([0] * len(order))
        )
        each = torch.tensor([order[key] for key in asked], device=text.device)
        text, pooled, picture = text[each], pooled[each], picture[each]
        empty = None
        if self.sampling.guided:
            blank, blank_pooled, _ = self._read([self.sampling.negative_prompt or ""])
            empty = blank.expand_as(text), blank_pooled.expand_as(pooled)
        return Condition(text, pooled, picture, text_ids, torch.cat([ids, picture_ids]), empty)

    def noise(self, seeds: Sequence[int], random_steps: int) -> tuple[Tensor, Tensor]:
        """The first latents (B, N, C) and the noise of the random steps (K, B, N, C), of one CPU generator a sample."""
        generators, size = _generators(seeds), self.sampling.size
        device, none = self.transformer.device, None
        first, *_ = self.pipeline.prepare_latents(
            none, len(seeds), self._channels, size, size, torch.float32, device, generators
        )
        later = [[torch.randn(first.shape[1:], generator=g) for g in generators] for _ in range(random_steps)]
        stacked = torch.stack([torch.stack(row) for row in later]) if later else first.new_zeros(0, *first.shape)
        return first, stacked.to(device)

    def velocity(self, given: Condition) -> Velocity:
        """The transformer's velocity under `given`, guided as the pipeline guides, in the model's own precision."""
        transformer, s = self.transformer, self.sampling

        def at(x: Tensor, sigma: float) -> Tensor:
            tokens = torch.cat([x.to(given.picture), given.picture], dim=1)
            text, pooled = given.text, given.pooled
            if given.empty is not None:
                tokens, text = torch.cat([tokens, tokens]), torch.cat([given.empty[0], text])
                pooled = torch.cat([given.empty[1], pooled])
            count = len(tokens)
            embedded = transformer.config.guidance_embeds
            v = transformer(
                hidden_states=tokens,
                timestep=torch.full((count,), sigma, device=x.device, dtype=tokens.dtype),
                guidance=torch.full((count,), self._guidance, device=x.device) if embedded else None,
                pooled_projections=pooled,
                encoder_hidden_states=text,
                txt_ids=given.text_ids,
                img_ids=given.picture_ids,
                return_dict=False,
            )[0][:, : x.shape[1]]
            if given.empty is None:
                return v.float()
            without, with_text = v.float().chunk(2)
            return without + s.true_cfg * (with_text - without)

        return at

    @torch.no_grad()
    def decode(self, latents: Tensor) -> list[Image.Image]:
        """The pictures; RunError where one has pixels that are no numbers, as in the loop."""
        pipe, size, vae = self.pipeline, self.sampling.size, self.pipeline.vae
        unpacked = pipe._unpack_latents(latents.to(vae.dtype), size, size, pipe.vae_scale_factor)
        unpacked = unpacked / vae.config.scaling_factor + vae.config.shift_factor
        pixels = require_picture(vae.decode(unpacked).sample)
        images: list[Image.Image] = pipe.image_processor.postprocess(pixels, output_type="pil")
        return images

    @property
    def _guidance(self) -> float:
        """The embedded one; where nobody says, the pipeline's own, as in the loop."""
        own: float = inspect.signature(self.pipeline.__call__).parameters["guidance_scale"].default
        return own if self.sampling.guidance is None else self.sampling.guidance

    @property
    def _channels(self) -> int:
        return int(self.transformer.config.in_channels) // 4

    def _read(self, texts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        length = self.sampling.max_sequence_length  # without one the pipeline's own, as in `Painter`
        more = {} if length is None else {"max_sequence_length": length}
        with quiet():
            found: tuple[Tensor, Tensor, Tensor] = self.pipeline.encode_prompt(
                prompt=texts, device=self.transformer.device, **more
            )
        return found


def _generators(seeds: Sequence[int]) -> list[torch.Generator]:
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
