"""Try other things in an explanation where a painting of it differs from the picture read, and keep what is nearer.

Compression at half the resolution of colour, and decoders of latents, let the colours of small things run into what
they lie on. A thin ring on a disc is then cut as a part of the disc, and the corners of a square as a circle's. What
was painted still shows in luma, and in how far the colour runs, so the whole scene is painted and compared.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from rlrig_eval.scene.geometry import Mask
from rlrig_eval.shapes.blends import PAINTS, Pixels
from rlrig_eval.shapes.segment import SPECK, TOUCH, Patch, grown
from rlrig_eval.shapes.stacking import Reading
from rlrig_eval.shapes.synthesis import Layer, Picture, View, clear, coloured, painted, view
from rlrig_eval.shapes.templates import Place, Stamp, Window, around, covered, shortlist

_OFF = 25.0  # luma and chroma, of 255: by so much a smoothed picture differs where an explanation is in doubt
_SMOOTH = 1.0  # canvas pixels
_ROUNDS = 4
_LARGER, _ASIDE = 5, 3  # canvas pixels by which the extent and the centre of a thing in doubt may be wrong
_RUN = 6  # canvas pixels that a colour runs, at most
_THING_COST = 2e4  # squared luma and chroma that one more thing must explain: 2 pixels of black ...
_UNKNOWN_COST = 2e4  # ... and that a thing of no known shape must explain besides
_FAINT = 1e-3  # of the greatest squared contrast; where it is less, nothing can be told of a thing
_ANY = range(len(PAINTS))


def refined(pixels: Pixels, readings: Sequence[Reading], recognised: float) -> list[Reading]:
    """The readings, from the nearest thing to the farthest, as a painting of them comes nearest to `pixels`.

    Args:
        pixels: (64, 64, 3) RGB.
        readings: a first explanation.
        recognised: the likeness from which a patch is taken for what its stamp says.
    """
    layers = [_layer(reading, recognised) for reading in readings]
    scene = _Scene(tuple(readings), view(pixels, layers), recognised)
    for _ in range(_ROUNDS):
        better = _better(scene)
        if better is scene:
            break
        scene = better
    return list(scene.readings)


@dataclass(frozen=True)
class _Scene:
    """An explanation of the picture in `sight`, the nearest thing first."""

    readings: tuple[Reading, ...]
    sight: View
    recognised: float

    def known(self, reading: Reading) -> bool:
        return reading.stamp.likeness >= self.recognised

    def without(self, index: int) -> "_Scene":
        return replace(self, readings=self.readings[:index] + self.readings[index + 1 :])

    def plus(self, reading: Reading, index: int) -> "_Scene":
        return replace(self, readings=(*self.readings[:index], reading, *self.readings[index:]))

    @cached_property
    def layers(self) -> list[Layer]:
        return [_layer(reading, self.recognised) for reading in self.readings]

    @cached_property
    def off(self) -> Picture:
        return self.sight.off(painted(self.layers))

    @cached_property
    def cost(self) -> float:
        unknown = sum(not self.known(reading) for reading in self.readings)
        return float((self.off**2).sum()) + _THING_COST * len(self.readings) + _UNKNOWN_COST * unknown

    @cached_property
    def doubt(self) -> Mask:
        """Where the picture is not what the scene looks like, (64, 64)."""
        smooth = ndimage.gaussian_filter(self.off, _SMOOTH, axes=(0, 1))
        return np.asarray(np.linalg.norm(smooth, axis=-1) > _OFF)

    @cached_property
    def spots(self) -> list[Mask]:
        """`doubt`, piece by piece, but for specks."""
        numbered, count = ndimage.label(ndimage.binary_dilation(self.doubt, TOUCH), TOUCH)
        return [spot for number in range(1, count + 1) if (spot := numbered == number).sum() >= SPECK]

    def crowded(self, index: int) -> bool:
        """Whether the thing touches another."""
        near = grown(self.readings[index].patch.mask, 2)
        return any((near & other.patch.mask).any() for i, other in enumerate(self.readings) if i != index)


def _layer(reading: Reading, recognised: float) -> Layer:
    known = reading.stamp.likeness >= recognised
    return reading.patch.paint, covered(reading.stamp.place) if known else reading.patch.mask.astype(np.float32)


def _better(scene: _Scene) -> _Scene:
    """The scene after one round: things in doubt placed anew, then one that is missing, mistaken or needless mended."""
    if not scene.doubt.any() and not scene.sight.soft:
        return scene
    now = scene
    for index, reading in enumerate(scene.readings):
        if scene.known(reading) and (scene.crowded(index) or (grown(reading.patch.mask, 2) & scene.doubt).any()):
            windows = list(around(reading.stamp.place, _LARGER, _ASIDE))
            anew = _placed(now.without(index), index, reading.patch.paint, windows)
            now = _nearest(now, [] if anew is None else [anew])
    for others in _changes(now):
        changed = _nearest(now, others)
        if changed is not now:
            return changed
    return now


def _nearest(scene: _Scene, others: Iterable[_Scene]) -> _Scene:
    """Whichever of `scene` and `others` costs least."""
    return min([scene, *others], key=lambda tried: tried.cost)


def _changes(scene: _Scene) -> Iterator[Iterable[_Scene]]:
    """Scenes with one thing more, with another in a thing's stead, with one less: each kind by itself."""
    yield _added(scene, scene.spots, _ANY)
    for index, reading in enumerate(scene.readings):
        mask = reading.patch.mask
        if not scene.known(reading):
            rest = scene.without(index)
            yield _parted(rest, [mask, *(spot for spot in rest.spots if (spot & mask).any())])
        elif (grown(mask, 2) & scene.doubt).sum() >= SPECK:
            rest = scene.without(index)
            yield _added(rest, [spot for spot in rest.spots if (spot & mask).any()], [reading.patch.paint])
    yield (scene.without(index) for index in range(len(scene.readings)) if scene.crowded(index))


def _parted(rest: _Scene, spots: Iterable[Mask]) -> Iterator[_Scene]:
    """`rest` with one thing where a patch of no known shape was, and with another one beside it."""
    first = _nearest(rest, _added(rest, spots, _ANY))
    yield first
    yield from _added(first, first.spots, _ANY)


def _added(scene: _Scene, spots: Iterable[Mask], paints: Sequence[int]) -> Iterator[_Scene]:
    """The scene with a thing more at a spot, in front of all others or behind them.

    Not where a colour that is there already explains the spot best: things that overlap differ in colour, and paint
    of the same colour beside a thing is its own, run or badly drawn.
    """
    for spot in spots:
        core = ndimage.binary_opening(spot, TOUCH, iterations=2)  # without a thin ring that clings to it
        windows = [w for mask in (spot, core) if mask.any() for w in around(_square(mask), _LARGER, _ASIDE)]
        there = {reading.patch.paint for reading in scene.readings if (reading.patch.mask & grown(spot, 1)).any()}
        found = [
            (paint, added)
            for paint in sorted({*paints, *there} if windows else ())
            for index in ((0, len(scene.readings)) if there else (0,))
            if (added := _placed(scene, index, paint, windows, spot)) is not None
        ]
        paint, best = min(found, key=lambda tried: tried[1].cost, default=(None, scene))
        if paint is not None and paint not in there:
            yield best


def _square(mask: Mask) -> Place:
    x0, y0, x1, y1 = Patch(0, mask).bounds
    extent = max(x1 - x0, y1 - y0)
    return "square", extent, (x0 + x1 - extent) // 2, (y0 + y1 - extent) // 2


def _placed(
    scene: _Scene, index: int, paint: int, windows: Sequence[Window], spot: Mask | None = None
) -> _Scene | None:
    """The scene with a thing of `paint` at rank `index` where it is best, or None if it explains little there.

    Not even looked for where `paint`, as much of it in each pixel as is best, would leave too much of `spot`.
    """
    front, under = scene.layers[:index], painted(scene.layers[index:])
    base, unhidden = painted(front, under), clear(front)
    change = unhidden[..., None] * (coloured(paint) - under)
    contrast, off = (change**2).sum(-1), scene.off
    most = float(contrast.max())
    if most < 1:
        return None
    share = np.clip((off * change).sum(-1) / np.maximum(contrast, _FAINT * most), -0.5, 1.5)
    if spot is not None:
        left = off[spot] - np.clip(share[spot], 0, 1)[:, None] * change[spot]
        if (left**2).sum() > (1 - scene.recognised) * (off[spot] ** 2).sum():
            return None
    places = [place for _, place in shortlist(share, contrast / most, windows)]
    coverages = np.stack([covered(place) for place in places])
    # The shortlist takes edges to be hard; of its few places the picture as it is seen decides.
    where = _about(np.asarray(coverages.any(0)))
    squares = (scene.sight.off(base[where] + coverages[:, *where, None] * change[where], where) ** 2).sum(-1)
    best = int(squares.sum((1, 2)).argmin())
    near = grown(coverages[best] > 0, 1)[where]
    error, before = float(squares[best][near].sum()), float((off[where][near] ** 2).sum())
    likeness = 1 - error / max(before, 1e-9)
    visible = coverages[best] * unhidden >= 0.5
    if likeness < scene.recognised or visible.sum() < SPECK:
        return None
    return scene.plus(Reading(Patch(paint, visible), Stamp(*places[best], error, likeness)), index)


def _about(mask: Mask) -> tuple[slice, slice]:
    """The window that holds a mask and what runs out of it."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (
        slice(max(rows[0] - _RUN, 0), rows[-1] + 1 + _RUN),
        slice(max(columns[0] - _RUN, 0), columns[-1] + 1 + _RUN),
    )
