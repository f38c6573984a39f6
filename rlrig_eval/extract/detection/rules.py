"""What counts as detected: thresholds, suppression and caps, as each published rule has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rlrig_eval.metrics import Detection, geneval
from rlrig_eval.metrics.boxes import iou
from rlrig_eval.metrics.compbench import LONG_SIDE
from rlrig_eval.metrics.visor import QUERY as VISOR_QUERY
from rlrig_eval.metrics.visor import THRESHOLD as VISOR_THRESHOLD


@dataclass(frozen=True)
class Rule:
    """How detections are asked for, and which of them count.

    Attributes:
        threshold: a detection counts above this confidence; `by_category` overrides it for single categories.
        counting_threshold: instead of `threshold` for prompts that ask for a number of things.
        nms: of two boxes of one category whose IoU is above this, the less confident goes; None keeps both.
        most_per_category: so many of a category, the most confident.
        query: what the model is asked for a category.
        long_side: the picture's longer side in pixels, as the detector gets it; None leaves it as it is.
    """

    threshold: float
    counting_threshold: float | None = None
    by_category: Mapping[str, float] = field(default_factory=dict)
    nms: float | None = None
    most_per_category: int | None = None
    query: str = "{category}"
    long_side: int | None = None

    def least(self, category: str, counting: bool) -> float:
        """The confidence that a detection of `category` must exceed."""
        general = self.counting_threshold if counting and self.counting_threshold is not None else self.threshold
        return self.by_category.get(category, general)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        # Ours: one box a thing, so that counts and strict IoU mean something.
        "strict": Rule(threshold=0.3, nms=0.5, most_per_category=geneval.MOST_PER_CLASS),
        "geneval": Rule(
            threshold=geneval.THRESHOLD,
            counting_threshold=geneval.COUNTING_THRESHOLD,
            most_per_category=geneval.MOST_PER_CLASS,
        ),
        "t2i-compbench": Rule(threshold=0.5, long_side=int(LONG_SIDE)),
        "visor": Rule(threshold=VISOR_THRESHOLD, query=VISOR_QUERY),
    }
)
"""Rules by name. The published ones were made for other detectors: their thresholds are theirs, our boxes are not."""


def kept(detections: Iterable[Detection], rule: Rule, counting: bool = False) -> list[Detection]:
    """The detections that count, the most confident first.

    >>> cup = [Detection("cup", (0, 0, 10, 10), 0.8), Detection("cup", (1, 0, 11, 10), 0.9)]
    >>> [found.score for found in kept(cup, RULES["strict"])], len(kept(cup, RULES["geneval"]))
    ([0.9], 2)
    """
    found: list[Detection] = []
    for one in sorted(detections, key=lambda detection: -detection.score):
        if not one.score > rule.least(one.category, counting):  # false for NaN too
            continue
        alike = [other for other in found if other.category == one.category]
        if rule.most_per_category is not None and len(alike) >= rule.most_per_category:
            continue
        if rule.nms is None or all(iou(one.box, other.box) <= rule.nms for other in alike):
            found.append(one)
    return found


def adjusted(
    rule: Rule, threshold: float | None = None, thresholds: Mapping[str, float] | None = None, nms: float | None = None
) -> Rule:
    """`rule` with what a user sets otherwise; an `nms` of 1 keeps every box."""
    changed = rule if threshold is None else replace(rule, threshold=threshold, counting_threshold=None)
    return replace(
        changed,
        by_category={**rule.by_category, **(thresholds or {})},
        nms=rule.nms if nms is None else nms if nms < 1 else None,
    )
