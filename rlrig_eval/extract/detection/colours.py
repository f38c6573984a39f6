"""The colour of a detected thing, by CLIP on its crop, with GenEval's colours and templates (arXiv 2310.11513).

GenEval hides what lies around the thing, which takes its mask; here the crop is the box as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from rlrig_eval.checkpoints import open_model, usable_device
from rlrig_eval.metrics import Detection
from rlrig_eval.metrics.geneval import COLOUR_TEMPLATES, COLOURS


class Colours:
    """Classifies crops; a colour's text is the mean of its templates."""

    def __init__(self, model: str, device: str = "cpu", dtype: str = "float32") -> None:
        import torch
        from transformers import AutoProcessor, CLIPModel

        loaded = open_model(CLIPModel, model, dtype=getattr(torch, dtype), use_safetensors=True)
        self._processor = open_model(AutoProcessor, model)
        self._model: Any = loaded.to(usable_device(device)).eval()

    def of(self, image: Image.Image, detections: Sequence[Detection], asked: Sequence[str] = ()) -> list[str]:
        """One of GenEval's ten colours, or of the `asked` ones beyond them, for each detection."""
        names = [*COLOURS, *(colour for colour in asked if colour not in COLOURS)]
        return [self._one(image.crop(_pixels(one, image.size)), one.category, names) for one in detections]

    def _one(self, crop: Image.Image, category: str, names: Sequence[str]) -> str:
        import torch

        texts = [form.format(colour=name, category=category) for name in names for form in COLOUR_TEMPLATES]
        inputs = self._processor(text=texts, images=crop, return_tensors="pt", padding=True, truncation=True)
        with torch.inference_mode():
            found = self._model(**inputs.to(self._model.device, self._model.dtype))
        means = found.text_embeds.reshape(len(names), len(COLOUR_TEMPLATES), -1).mean(1)
        likeness = torch.nn.functional.normalize(means, dim=-1) @ found.image_embeds[0]
        return names[int(likeness.argmax())]


def _pixels(one: Detection, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box as whole pixels inside the picture, one at least."""
    x0, y0 = (min(max(0, int(end)), limit - 1) for end, limit in zip(one.box[:2], size, strict=True))
    x1, y1 = (min(max(low + 1, round(end)), limit) for low, end, limit in zip((x0, y0), one.box[2:], size, strict=True))
    return x0, y0, x1, y1
