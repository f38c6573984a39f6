"""Janus and its like through transformers: pictures that a language model writes, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from rlrig_eval.checkpoints import open_model, usable_device, weights_hash
from rlrig_eval.models.contract import Drawn, Failure, Job, Picture
from rlrig_eval.models.pictures import from_array
from rlrig_eval.pipelines.settings import Dtype, Loading
from rlrig_eval.scene.graph import Frozen


class Sampled(Frozen):
    """How the tokens are drawn. `guidance` is classifier-free, and transformers cannot do without it; `size` is the one
    that the model was trained for."""

    guidance: float = Field(default=5.0, gt=1)
    temperature: float = Field(default=1.0, gt=0)
    size: int = 384
    dtype: Dtype = "bfloat16"


class Janus:
    """A Janus checkpoint in the format of transformers (deepseek-community/...), from a folder or the Hub.

    One picture at a time, for transformers draws tokens from one generator for a whole batch: so a picture is the same
    in any batch. It has no denoiser, and says nothing of evaluations.

    Raises:
        UsageError: the checkpoint is missing, or of another class.
    """

    Settings = Sampled
    batch_size = 8

    def __init__(self, settings: Sampled, checkpoint: str, device: Literal["auto", "cpu", "cuda"] = "auto") -> None:
        import torch
        from transformers import JanusForConditionalGeneration, JanusProcessor

        place = usable_device(device)
        self._processor: Any = open_model(JanusProcessor, checkpoint)
        self._model: Any = open_model(
            JanusForConditionalGeneration, checkpoint, dtype=getattr(torch, settings.dtype), use_safetensors=True
        )
        self._model.to(place).eval()
        self._asked = settings
        self.settings = settings.model_dump(mode="json") | {
            "checkpoint": checkpoint,
            "weights": weights_hash(checkpoint),
        }

    @staticmethod
    def needs(checkpoint: str, settings: Any, **_: Any) -> list[str]:
        """What the weights take."""
        from rlrig_eval.pipelines.memory import need, summary

        found = need("weights", checkpoint, Loading(dtype=Sampled.model_validate(settings).dtype))
        return [str(found), summary([found])]

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return [self._draw(job) for job in jobs]

    def _draw(self, job: Job) -> Drawn:
        import torch

        inputs = self._processor(text=self._turn(job.text), generation_mode="image", return_tensors="pt")
        device = self._model.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.inference_mode():
            torch.manual_seed(job.noise)
            tokens = self._model.generate(
                **inputs.to(device),
                generation_mode="image",
                do_sample=True,
                temperature=self._asked.temperature,
                guidance_scale=self._asked.guidance,
                top_k=0,
                top_p=1.0,
                num_return_sequences=1,
            )
            (pixels,) = self._model.decode_image_tokens(tokens).float().cpu().numpy()
        drawn = from_array(pixels / 2 + 0.5)
        return drawn if isinstance(drawn, Failure | Picture) else Picture(drawn, cost={"images": 1.0, "vlm_calls": 0.0})

    def _turn(self, text: str) -> str:
        """The prompt in the checkpoint's own chat template, where it has one."""
        if not self._processor.chat_template:
            return text
        turn = [{"role": "user", "content": [{"type": "text", "text": text}]}]
        return str(self._processor.apply_chat_template(turn, tokenize=False, add_generation_prompt=True))
