"""Pictures by the Diffuser whose truth is known: drawings that it noised a little and denoised."""

import numpy as np
import torch

from rlrig.bundled.lessons.pixels import pixels
from rlrig.bundled.lessons.variations import stage
from rlrig.bundled.training.flow import TextToVelocity, load_vae
from rlrig.bundled.training.repainted import denoised, mixed, painted_by, worn
from rlrig_eval import assets
from rlrig_eval.shapes import SEEN, render


def test_a_repainted_picture_shows_its_scene_though_not_pixel_for_pixel():
    painted = painted_by(assets.checkpoint("diffuser"), SEEN, seed=0, count=8)
    off = [
        np.abs(np.asarray(picture, float) - np.asarray(render(staged.scene), float)).mean()
        for staged, picture in painted
    ]
    # Grey levels over the whole picture: measured 0.4 to 4; another scene's picture is 12 and more away.
    assert 0 < min(off) < max(off) < 8


def test_the_seed_decides_the_pictures():
    first, again, other = (painted_by(assets.checkpoint("diffuser"), SEEN, seed, count=2) for seed in (0, 0, 1))
    assert [p.tobytes() for _, p in first] == [p.tobytes() for _, p in again]
    assert [p.tobytes() for _, p in first] != [p.tobytes() for _, p in other]


def test_denoising_with_the_true_velocity_gives_the_clean_latents_back():
    clean, noise = torch.randn(3, 16, 64), torch.randn(3, 16, 64)
    sigma = torch.tensor([0.0, 0.2, 0.9])
    found = denoised(lambda latents, level, tokens: noise - clean, mixed(clean, noise, sigma), sigma, torch.zeros(3, 1))
    assert torch.allclose(found, clean, atol=1e-5)  # float32 sums of four steps


def test_worn_pictures_differ_from_what_they_were_some_of_them_much_and_none_is_another():
    torch.manual_seed(0)
    folder = assets.checkpoint("diffuser")
    model, vae = TextToVelocity.from_checkpoint(folder).eval(), load_vae(folder, "cpu")
    scenes = [stage(np.random.default_rng(seed), SEEN).scene for seed in range(64)]
    drawn = torch.stack([pixels(render(scene)) for scene in scenes])
    off = (worn(model, vae, drawn) - drawn).abs().mean((1, 2, 3)) * 127.5
    # Grey levels over the whole picture; another scene's is 12 and more away.
    assert 0 < off.min() < off.max() < 8
    assert off.max() > 2 * off.median(), "some are redrawn, and some of these spoilt"
