"""A CLIP model that looks at pictures and texts, in the form that torchmetrics asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from rlrig_eval.checkpoints import open_model, usable_device

DEFAULT = "openai/clip-vit-large-patch14"
"""The model of torchmetrics' CLIP score, unless another is named."""


class Clip(nn.Module):
    """Features of pictures and texts as plain tensors, which transformers 5 hands out wrapped."""

    def __init__(self, model: Any, processor: Any) -> None:
        super().__init__()
        self.model, self.processor = model, processor

    @classmethod
    def load(cls, checkpoint: str = DEFAULT, device: str = "auto") -> Clip:
        """From a folder or the Hub. UsageError when it is missing or of another class."""
        from transformers import CLIPModel, CLIPProcessor

        place = usable_device(device)
        model = open_model(CLIPModel, checkpoint, use_safetensors=True)
        return cls(model.to(place).eval(), open_model(CLIPProcessor, checkpoint))

    @property
    def config(self) -> Any:
        return self.model.config

    @torch.inference_mode()
    def get_image_features(self, pixel_values: Tensor) -> Tensor:
        """(B, 3, H, W) prepared pixels to (B, D)."""
        return _plain(self.model.get_image_features(pixel_values=pixel_values.to(self.model.device)))

    @torch.inference_mode()
    def get_text_features(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(B, T) tokens to (B, D)."""
        device = self.model.device
        return _plain(
            self.model.get_text_features(input_ids=input_ids.to(device), attention_mask=attention_mask.to(device))
        )

    def prepare(self, **given: Any) -> Any:
        """What its processor makes of `images` or `text`; a text that is too long is cut off."""
        most = self.config.text_config.max_position_embeddings
        cut = {"truncation": True, "max_length": most} if "text" in given else {}
        return self.processor(**given, **cut)

    def look(self, images: Sequence[Image.Image]) -> Tensor:
        """RGB pictures of any size to (B, D) on the CPU."""
        prepared = self.prepare(images=list(images), return_tensors="pt")
        return self.get_image_features(prepared["pixel_values"]).float().cpu()

    def read(self, texts: Sequence[str]) -> Tensor:
        """Texts to (B, D) on the CPU; what is longer than the model reads is cut off."""
        prepared = self.prepare(text=list(texts), return_tensors="pt", padding=True)
        return self.get_text_features(prepared["input_ids"], prepared["attention_mask"]).float().cpu()


def _plain(found: Any) -> Tensor:
    tensor: Tensor = found if isinstance(found, Tensor) else found.pooler_output
    return tensor
