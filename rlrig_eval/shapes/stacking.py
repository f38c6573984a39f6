"""Which of the patches that touch lies on top, and what each of them is: one explanation for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import networkx as nx
import numpy as np
from scipy import ndimage

from rlrig_eval.scene.geometry import Mask
from rlrig_eval.shapes.blends import share_over
from rlrig_eval.shapes.draw import CANVAS
from rlrig_eval.shapes.segment import TOUCH, Patch, Segments
from rlrig_eval.shapes.templates import Bounds, Field, Stamp, match

_ORDERED = 4  # up to so many touching patches every order is tried; this world has no more


@dataclass(frozen=True)
class Reading:
    """A patch and the stamp that explains it."""

    patch: Patch
    stamp: Stamp


def explain(segments: Segments) -> list[Reading]:
    """What each patch is, from the nearest thing to the farthest."""
    wide = [ndimage.binary_dilation(patch.mask, TOUCH) for patch in segments.patches]
    touching: nx.Graph[int] = nx.Graph()
    touching.add_nodes_from(range(len(wide)))
    touching.add_edges_from(
        (i, j)
        for i, patch in enumerate(segments.patches)
        for j in range(len(wide))
        if i < j and (patch.mask & ndimage.binary_dilation(wide[j], TOUCH)).any()
    )
    readings: list[Reading] = []
    for group in nx.connected_components(touching):
        readings += _Pile(segments, wide, touching).explained(sorted(group))
    return readings


@dataclass(frozen=True)
class _Pile:
    """Patches that touch each other; `wide` are their masks grown by a pixel."""

    segments: Segments
    wide: Sequence[Mask]
    touching: "nx.Graph[int]"

    def explained(self, members: Sequence[int]) -> list[Reading]:
        stamps: dict[tuple[int, frozenset[int]], Stamp] = {}

        def stamp(member: int, nearer: frozenset[int]) -> Stamp:
            if (member, nearer) not in stamps:
                stamps[member, nearer] = self._fit(member, nearer)
            return stamps[member, nearer]

        def pile(order: Sequence[int]) -> list[Stamp]:
            return [
                stamp(member, frozenset(order[:rank]) & frozenset(self.touching[member]))
                for rank, member in enumerate(order)
            ]

        by_area = sorted(members, key=lambda i: int(self.segments.patches[i].mask.sum()))
        orders = permutations(by_area) if len(members) <= _ORDERED else [tuple(by_area)]
        best = min(orders, key=lambda order: sum(found.error for found in pile(order)))
        return [Reading(self.segments.patches[i], found) for i, found in zip(best, pile(best), strict=True)]

    def _fit(self, member: int, nearer: frozenset[int]) -> Stamp:
        """The best stamp for one patch when the patches `nearer` lie over it and the others under it."""
        patch, patches = self.segments.patches[member], self.segments.patches
        share = self._share(member, frozenset(self.touching[member]) - nearer)
        weight = np.ones(share.shape, dtype=np.float32)
        weight[self.segments.dirt] = 0
        for other, piece in enumerate(patches):
            if other != member and piece.paint == patch.paint:
                weight[piece.mask] = 0  # it may be another part of the same thing
        for other in nearer:
            weight[patches[other].mask | (self.wide[other] & patch.mask)] = 0
        solid = patch.mask & (share >= 0.5)
        seen = Patch(patch.paint, solid).bounds if solid.any() else patch.bounds
        return match(share, weight, seen, _reach(seen, [patches[other].bounds for other in nearer]))

    def _share(self, member: int, under: frozenset[int]) -> Field:
        """How much of each pixel is this patch, seen against the ground and the patches `under` it."""
        patch, patches = self.segments.patches[member], self.segments.patches
        near = ndimage.binary_dilation(self.wide[member], TOUCH)
        share = np.zeros(near.shape, dtype=np.float32)
        share[near] = share_over(self.segments.pixels[near], patch.paint, ())
        for other, piece in enumerate(patches):
            if other != member:
                share[piece.mask] = 0
        below = sorted({patches[other].paint for other in under} - {patch.paint})
        if below:
            seam = self.wide[member] & np.logical_or.reduce([self.wide[other] for other in under])
            share[seam] = share_over(self.segments.pixels[seam], patch.paint, below)
        return share


def _reach(seen: Bounds, nearer: Sequence[Bounds]) -> Bounds:
    """Where a thing that shows at `seen` may lie: behind what is nearer, and past a border that it touches."""
    x0, y0, x1, y1 = np.array([seen, *nearer]).T
    low, high = (int(x0.min()), int(y0.min())), (int(x1.max()), int(y1.max()))
    left, top = (edge - CANVAS if edge == 0 else edge for edge in low)
    right, bottom = (edge + CANVAS if edge == CANVAS else edge for edge in high)
    return left, top, right, bottom
