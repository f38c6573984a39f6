"""Depth from one picture, by transformers: Depth Anything (arXiv 2406.09414), DPT (arXiv 2103.13413)."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from rlrig_eval.checkpoints import open_model, usable_device
from rlrig_eval.extract.detection.seen import Nearness


class Depth:
    """How near each pixel is, from 0 (the farthest of the picture) to 1 (its nearest)."""

    def __init__(self, model: str, device: str = "cpu", dtype: str = "float32") -> None:
        import torch
        from transformers import AutoImageProcessor, AutoModelForDepthEstimation

        loaded = open_model(AutoModelForDepthEstimation, model, dtype=getattr(torch, dtype), use_safetensors=True)
        self._processor = open_model(AutoImageProcessor, model)
        self._model: Any = loaded.to(usable_device(device)).eval()
        # Relative models give inverse depth; metric ones give metres, in which the nearer is the smaller.
        self._metric = getattr(loaded.config, "depth_estimation_type", "relative") == "metric"

    def nearness(self, image: Image.Image) -> Nearness:
        """(height, width) of the picture; 0 everywhere when the model sees no difference."""
        import torch

        inputs = self._processor(images=image, return_tensors="pt").to(self._model.device, self._model.dtype)
        with torch.inference_mode():
            outputs = self._model(**inputs)
        (found,) = self._processor.post_process_depth_estimation(outputs, target_sizes=[image.size[::-1]])
        depth = found["predicted_depth"].float().cpu().numpy()
        near = -depth if self._metric else depth
        low, high = float(near.min()), float(near.max())
        return np.asarray((near - low) / (high - low) if high > low else np.zeros_like(near), dtype=np.float32)
