"""Where the things are that a sentence names: what a VLM's middle layers are asked to know, beside the answer.

A yes or no says little about how it should have been found. Two linear heads say more, and are thrown away after
training: from an early layer, where each picture token is (rotary positions put that into no token's content), and from
a middle layer, where and how large the thing is that a noun picks out. Comparing two places is then all that is left.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.shapes import CANVAS
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES

STEP = 2  # canvas pixels
BINS = CANVAS // STEP
UNKNOWN = -100
Place = tuple[int, int, int]
"""Centre x, centre y and extent, each in steps of STEP canvas pixels; UNKNOWN where nothing is to be said."""

NOWHERE: Place = (UNKNOWN, UNKNOWN, UNKNOWN)
_ADJECTIVES = frozenset((*COLOURS, "small", "large"))


def places(words: Sequence[str], scene: SceneGraph) -> list[Place]:
    """For each word the place of the one thing that it, with the adjectives before it, picks out; else NOWHERE.

    >>> red = Entity(id="a", category="ring", attributes=("red",), box=(0.0, 8.0, 20.0, 28.0))
    >>> places(["is the", "red", "ring", "left of"], SceneGraph(entities=(red,)))[2]
    (5, 9, 10)
    """
    found = [NOWHERE] * len(words)
    for at, word in enumerate(words):
        if word not in SHAPES:
            continue
        start = at
        while start > 0 and words[start - 1] in _ADJECTIVES:
            start -= 1
        adjectives = set(words[start:at])
        meant = [e for e in scene.entities if e.category == word and adjectives <= set(e.attributes)]
        if len(meant) == 1:
            found[at] = _place(meant[0])
    return found


def picture_places(tokens: int) -> list[Place]:
    """The centres of a square picture's tokens, row by row; their extent is not asked for."""
    side = round(tokens**0.5)
    centres = [_bin((number + 0.5) * CANVAS / side) for number in range(side)]
    return [(x, y, UNKNOWN) for y in centres for x in centres]


class PlaceHead(nn.Module):
    """Tells the place from a hidden state."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.place_embed = nn.Linear(width, 3 * BINS)

    def forward(self, hidden: Tensor, places: Tensor) -> Tensor:
        """Mean cross-entropy of hidden states (n, width) against `places` (n, 3); 0 where all are unknown."""
        logits = self.place_embed(hidden).float().view(-1, BINS)
        known = (places != UNKNOWN).sum().clamp(min=1)
        return F.cross_entropy(logits, places.reshape(-1), ignore_index=UNKNOWN, reduction="sum") / known


def _place(entity: Entity) -> Place:
    if entity.box is None:
        return NOWHERE
    x0, y0, x1, y1 = entity.box
    return _bin((x0 + x1) / 2), _bin((y0 + y1) / 2), _bin(max(x1 - x0, y1 - y0))


def _bin(pixels: float) -> int:
    return min(BINS - 1, max(0, int(pixels / STEP)))
