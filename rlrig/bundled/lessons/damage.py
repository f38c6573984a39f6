"""What pictures of models suffer and drawings do not: blur, noise, and the traces of the autoencoder."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

Damage = Callable[[Generator, Image.Image], Image.Image]


def blurred(rng: Generator, image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.1))))


def noisy(rng: Generator, image: Image.Image) -> Image.Image:
    """Gaussian noise of up to 10 grey levels, one or two pixels coarse, and a small shift of each colour."""
    array = np.asarray(image, dtype=np.float32)
    coarse = int(rng.integers(1, 3))
    grain = rng.normal(0, rng.uniform(1, 10), (array.shape[0] // coarse, array.shape[1] // coarse, 3))
    grain = grain.repeat(coarse, 0).repeat(coarse, 1)
    return Image.fromarray(np.clip(array + grain + rng.normal(0, 4, 3), 0, 255).astype(np.uint8))


def compressed(rng: Generator, image: Image.Image) -> Image.Image:
    file = BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(40, 90)))
    return Image.open(file).convert("RGB")


DAMAGES: tuple[Damage, ...] = (blurred, noisy, compressed)


def damaged(rng: Generator, image: Image.Image, share: float = 0.5) -> Image.Image:
    """`image` as it is, or with probability `share` with one or two of DAMAGES."""
    if rng.random() >= share:
        return image
    for i in rng.permutation(len(DAMAGES))[: int(rng.integers(1, 3))]:
        image = DAMAGES[i](rng, image)
    return image
