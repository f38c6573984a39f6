"""What decides a pipeline's pictures, typed; an unknown key is an error."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from rlrig_eval.scene.graph import Frozen

Dtype = Literal["float32", "bfloat16", "float16"]
Quantised = Literal["bitsandbytes_4bit", "bitsandbytes_8bit", "quanto", "torchao"]
Offload = Literal["model", "sequential", "group"]


class Lora(Frozen):
    """An adapter on the denoiser, in safetensors: a folder, a file or a Hub id; `file` names one of several in it."""

    source: str
    scale: float = 1.0
    file: str | None = None


class Loading(Frozen):
    """How a pipeline is put together. What is None is left as the checkpoint has it.

    Attributes:
        pipeline: its class in diffusers, for a checkpoint that does not say it (a single file), or to read it as
            another.
        config: for a single file, the folder or Hub id of a pipeline with the same parts.
        denoiser: a single safetensors or GGUF file whose weights take the place of the checkpoint's denoiser.
        parts: text encoders (causal language models) and tokenizers that come from checkpoints of their own, by name.
        scheduler: a scheduler class of diffusers, made from the checkpoint's own with `scheduler_options` over it;
            the options alone are over the checkpoint's own class.
        quantise: the library that shrinks the denoiser and the text encoders as they are loaded.
        attention: a back end of diffusers' attention dispatcher, such as native or flash.
        offload: what waits in main memory: whole models, single layers, or groups of layers.
    """

    dtype: Dtype = "bfloat16"
    pipeline: str | None = None
    config: str | None = None
    denoiser: str | None = None
    parts: dict[str, str] | None = None
    variant: str | None = None
    revision: str | None = None
    scheduler: str | None = None
    scheduler_options: dict[str, Any] | None = None
    loras: tuple[Lora, ...] | None = None
    quantise: Quantised | None = None
    attention: str | None = None
    vae_tiling: bool | None = None
    compile: bool | None = None
    offload: Offload | None = None
    device_map: str | None = None


class Sampling(Loading):
    """How a pipeline samples. What is None is left to the pipeline's own default.

    `guidance` is `guidance_scale`: embedded in guidance-distilled models, classifier-free in the others.
    `true_cfg` above 1 is classifier-free guidance for a distilled model, against `negative_prompt`. `size` is
    the side of a square, or (width, height), in pixels. `arguments` are any others that the pipeline's call takes.
    """

    steps: int = Field(ge=1)
    size: int | tuple[int, int] = Field(default=1024)
    guidance: float | None = None
    true_cfg: float | None = None
    negative_prompt: str | None = None
    max_sequence_length: int | None = None
    arguments: dict[str, Any] | None = None

    @property
    def guided(self) -> bool:
        """Whether the negative prompt is evaluated beside the given one, for a distilled model."""
        return self.true_cfg is not None and self.true_cfg > 1

    @property
    def width_height(self) -> tuple[int, int]:
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)
