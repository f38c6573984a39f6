"""What happens to pictures on their way: blur, noise, compression, half the resolution."""

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

_BLUR_SIGMA = 1.0  # pixels
_NOISE_SIGMA = 12.0  # grey levels of 255
_JPEG_QUALITY = 40

Damage = Callable[[Image.Image, Generator], Image.Image]


def _clean(image: Image.Image, rng: Generator) -> Image.Image:
    return image


def _blurred(image: Image.Image, rng: Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(_BLUR_SIGMA))


def _noisy(image: Image.Image, rng: Generator) -> Image.Image:
    pixels = np.asarray(image, dtype=np.float64)
    noisy = pixels + rng.normal(0, _NOISE_SIGMA, pixels.shape)
    return Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))


def _compressed(image: Image.Image, rng: Generator) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY)  # Pillow halves the resolution of colour (4:2:0)
    return Image.open(file).convert("RGB")


def _halved(image: Image.Image, rng: Generator) -> Image.Image:
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    return half.resize(image.size, Image.Resampling.BICUBIC)


DAMAGES: Mapping[str, Damage] = MappingProxyType(
    {"clean": _clean, "blur": _blurred, "noise": _noisy, "jpeg": _compressed, "half": _halved}
)
"""By name; each takes an RGB picture and the generator of whatever is random."""

DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "clean": "as drawn, 64 x 64",
        "blur": f"Gaussian blur, sigma {_BLUR_SIGMA:g} pixel",
        "noise": f"Gaussian noise on each channel, sigma {_NOISE_SIGMA:g} of 255",
        "jpeg": f"JPEG, quality {_JPEG_QUALITY}, colour at half resolution",
        "half": "box-filtered to 32 x 32, bicubic back to 64 x 64",
    }
)
