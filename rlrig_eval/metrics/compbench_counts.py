"""T2I-CompBench++ numeracy and complex (Karine-Huang/T2I-CompBench `numeracy_eval.py`, `3_in_1.py`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from rlrig_eval.metrics.boxes import Detection
from rlrig_eval.metrics.compbench import PEOPLE
from rlrig_eval.scene import Box

SAME_THING = 0.9  # IoU, or share of either box that the other covers, over which two boxes are one thing
ALIASES = {"ship": "boat", "telivision": "tv", "goldfish": "fish", "painting": "picture"} | dict.fromkeys(
    PEOPLE, "person"
)

Complex = Literal["spatial", "action", "mixed"]


def compbench_same(a: Box, b: Box) -> bool:
    """Whether two boxes are one thing found twice: IoU or containment over .9, corners taken as whole pixels."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + 1)
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + 1)
    shared, area_a, area_b = width * height, _pixels(a), _pixels(b)
    # An IoU over .9 implies that either covers .9 of the other.
    return shared / area_a > SAME_THING or shared / area_b > SAME_THING


def _pixels(box: Box) -> float:
    return (box[2] - box[0] + 1) * (box[3] - box[1] + 1)


def compbench_numeracy(wanted: Sequence[tuple[str, int]], detections: Sequence[Detection]) -> float:
    """The numeracy score of an image in [0, 1].

    Each of the n wanted (category, count) gives 1/(2n) when it is there and 1/(2n) more when the number is exact.
    Detections come in the detector's order: one that is the same thing as an earlier kept one of its label is dropped.
    A category that no label equals takes the labels that contain it.

    Raises:
        ValueError: nothing is wanted.

    >>> seen = [Detection("dog", (0, 0, 50, 50)), Detection("dog", (1, 1, 49, 49)), Detection("cat", (80, 0, 99, 20))]
    >>> compbench_numeracy([("dog", 1), ("cat", 2)], seen)
    0.75
    """
    if not wanted:
        raise ValueError("numeracy of a prompt that counts nothing")
    kept: list[Detection] = []
    for new in detections:
        if not any(new.category == old.category and compbench_same(new.box, old.box) for old in kept):
            kept.append(new)
    labels = [detection.category for detection in kept]
    halves = 0
    for asked, count in wanted:
        category = ALIASES.get(asked, asked)
        if category not in labels:
            labels = [category if category in label else label for label in labels]
        halves += (category in labels) + (count == labels.count(category) > 0)
    return halves / (2 * len(wanted))


def compbench_complex_kind(prompt: str, spatial: Collection[str], action: Collection[str]) -> Complex:
    """Which terms a complex prompt is scored on: by exact match of the lower-cased text before the first full stop.

    `spatial` and `action` are the lines of `complex_val_spatial.txt` and `complex_val_action.txt`; of a prompt on both,
    spatial wins.

    >>> compbench_complex_kind("The red cup is on the table.", ["the red cup is on the table."], [])
    'spatial'
    """

    def key(line: str) -> str:
        return line.strip("\n").split(".")[0].lower()

    if key(prompt) in set(map(key, spatial)):
        return "spatial"
    return "action" if key(prompt) in set(map(key, action)) else "mixed"


def compbench_complex(kind: Complex, attribute: float, spatial: float, action: float) -> float:
    """The 3-in-1 score of an image: the mean of its terms, each in [0, 1].

    `attribute` is BLIP-VQA, `spatial` the 2D score, `action` CLIP similarity. Published scores take `spatial` from
    `compbench_2d` as published, whose "on top of" is 0; the corrected ones from its corrected form.

    Raises:
        ValueError: an unknown `kind`.

    >>> compbench_complex("spatial", 0.6, 0.4, 0.9)
    0.5
    """
    terms = {"spatial": (attribute, spatial), "action": (attribute, action), "mixed": (attribute, spatial, action)}
    if kind not in terms:
        raise ValueError(f"unknown kind of complex prompt {kind!r}: it is one of {', '.join(terms)}")
    return sum(terms[kind]) / len(terms[kind])
