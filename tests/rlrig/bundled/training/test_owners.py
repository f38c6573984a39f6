"""What lies under each cell, and the head that learns it."""

import numpy as np
import torch

from rlrig.bundled.training.flow import pack
from rlrig.bundled.training.owners import OwnerHead, owners, pack_cells
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import PAIRINGS, SEEN, sample
from tests.rlrig.bundled.training.heads import losses


def thing(name: str, colour: str, shape: str, x: float, y: float, extent: float, depth: float) -> Entity:
    box = (x, y, x + extent, y + extent)
    return Entity(id=name, category=shape, attributes=(colour,), box=box, depth=depth)


def test_the_nearest_thing_owns_a_cell_and_the_rest_is_ground() -> None:
    scene = SceneGraph(
        entities=(thing("a", "red", "square", 8, 8, 24, 1.0), thing("b", "blue", "square", 24, 24, 16, 0.0))
    )
    red, blue = (PAIRINGS.index((colour, "square")) + 1 for colour in ("red", "blue"))
    expected = np.zeros((8, 8), dtype=int)
    expected[1:4, 1:4] = red
    expected[3:5, 3:5] = blue
    assert np.array_equal(owners(scene).numpy(), expected)


def test_cells_are_packed_like_latents() -> None:
    cells = torch.arange(64).view(1, 8, 8)
    latents = cells[:, None].expand(1, 16, 8, 8)
    assert torch.equal(pack_cells(cells, 16), pack(latents)[:, :, :4])


def test_the_head_learns_what_its_input_tells() -> None:
    torch.manual_seed(0)
    cells = torch.stack([owners(sample(np.random.default_rng(i), pairings=SEEN)) for i in range(8)])
    hidden, head = torch.randn(8, 16, 128), OwnerHead(128, 16)
    found = losses(head, hidden, cells, steps=60, lr=1e-2)
    assert found[-1] < found[0] / 10
