"""A picture as a tensor, as autoencoders take it."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def pixels(image: Image.Image) -> Tensor:
    """(3, H, W) float32 in [-1, 1]."""
    array = np.asarray(image, dtype=np.float32) / 127.5 - 1
    return torch.from_numpy(array).permute(2, 0, 1)
