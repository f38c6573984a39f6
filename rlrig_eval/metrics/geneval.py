"""GenEval (arXiv 2310.11513; djghosh13/geneval `evaluation/evaluate_images.py`, `summary_scores.py`).

The published rules decide one image from detections of COCO classes, then average images within a tag and tags
without weights. Two defects: both relations of a diagonal can hold, and what is missing goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import hypot, nan
from statistics import fmean
from typing import NamedTuple

from pydantic import Field, model_validator

from rlrig_eval.metrics.boxes import Detection, centre
from rlrig_eval.metrics.variant import Variant, is_corrected
from rlrig_eval.scene import Box
from rlrig_eval.scene.graph import Frozen

TAGS = ("single_object", "two_object", "counting", "colors", "position", "color_attr")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")
COLOUR_TEMPLATES = (
    "a photo of a {colour} {category}",
    "a photo of a {colour}-colored {category}",
    "a photo of a {colour} object",
)

THRESHOLD, COUNTING_THRESHOLD = 0.3, 0.9  # a detection counts above this confidence
MOST_PER_CLASS = 16
MARGIN = 0.1  # share of the summed extents that an offset must exceed
CONE = 0.5  # least share of the distance that lies along the relation's axis

ColourOf = Callable[[Sequence[Detection], str], Sequence[str]]
"""The colour hook: detections of one class, and the class, to one of `COLOURS` for each."""


class GenEvalClause(Frozen):
    """`count` things of a class, of a colour, standing so to the things of an earlier clause (by its index)."""

    category: str = Field(alias="class")
    count: int = Field(ge=1)
    color: str | None = None
    position: tuple[str, int] | None = None


class GenEvalSpec(Frozen):
    """A record of `evaluation_metadata.jsonl`; `model_validate` reads it as it stands."""

    tag: str
    prompt: str = ""
    include: tuple[GenEvalClause, ...] = ()
    exclude: tuple[GenEvalClause, ...] = ()

    @model_validator(mode="after")
    def _points_back(self) -> GenEvalSpec:
        for index, clause in enumerate(self.include):
            if clause.position is not None and not 0 <= clause.position[1] < index:
                raise ValueError(f"include {index} stands relative to include {clause.position[1]}, not an earlier one")
        return self


class GenEvalVerdict(NamedTuple):
    """Whether an image is right, and one sentence for each thing that is not."""

    correct: bool
    reasons: tuple[str, ...]


class GenEvalImage(NamedTuple):
    """One planned image: its tag, its prompt, and whether it is right; None when there is no verdict."""

    tag: str
    prompt: str
    correct: bool | None


class GenEvalScores(NamedTuple):
    """Shares in [0, 1] by tag, their unweighted mean, and the share of planned images that have a verdict."""

    by_tag: dict[str, float]
    overall: float
    coverage: float


def geneval_relations(box_a: Box, box_b: Box, variant: Variant = "published") -> set[str]:
    """Where `box_a` lies as seen from `box_b`: up to two of "left of", "right of", "above", "below".

    The offset of the centres, in pixels, is shortened along each axis by a tenth of the two boxes' summed extent; what
    is left must be more than half of the unshortened distance. So a diagonal is two relations, within an angle
    that grows with the distance. "corrected" keeps the longer axis alone, and neither on an exact tie.

    >>> sorted(geneval_relations((0, 0, 100, 100), (300, 280, 400, 380)))
    ['above', 'left of']
    >>> geneval_relations((0, 0, 100, 100), (300, 280, 400, 380), variant="corrected")
    {'left of'}
    """
    (ax, ay), (bx, by) = centre(box_a), centre(box_b)
    dx, dy = ax - bx, ay - by
    right = _shortened(dx, abs(box_a[2] - box_a[0]) + abs(box_b[2] - box_b[0]))
    down = _shortened(dy, abs(box_a[3] - box_a[1]) + abs(box_b[3] - box_b[1]))
    if max(abs(right), abs(down)) < 1e-3:
        return set()
    if is_corrected(variant):
        right, down = (right if abs(right) > abs(down) else 0.0), (down if abs(down) > abs(right) else 0.0)
    distance = hypot(dx, dy)
    shares = {"left of": -right, "right of": right, "above": -down, "below": down}
    return {relation for relation, share in shares.items() if share / distance > CONE}


def _shortened(offset: float, extent: float) -> float:
    left = max(abs(offset) - MARGIN * extent, 0.0)
    return left if offset > 0 else -left


def geneval_objects(detections: Iterable[Detection], tag: str) -> dict[str, list[Detection]]:
    """What counts as seen: per class, above the tag's threshold, the 16 most confident first. No suppression."""
    threshold = COUNTING_THRESHOLD if tag == "counting" else THRESHOLD
    found: dict[str, list[Detection]] = {}
    for detection in sorted(detections, key=lambda found: -found.score):
        if detection.score > threshold:
            found.setdefault(detection.category, []).append(detection)
    return {category: things[:MOST_PER_CLASS] for category, things in found.items()}


def geneval_verdict(
    spec: GenEvalSpec,
    detections: Iterable[Detection],
    colour_of: ColourOf | None = None,
    variant: Variant = "published",
) -> GenEvalVerdict:
    """Whether an image shows what `spec` includes and not what it excludes.

    Each included clause takes the `count` most confident things of its class: all of them must have its colour, and
    each must stand as asked to each thing of the earlier clause. More things than `count` are no fault; `exclude`
    fails from its count up. `variant` is that of `geneval_relations`.

    Raises:
        ValueError: a clause names a colour and there is no `colour_of`.
    """
    objects = geneval_objects(detections, spec.tag)
    reasons: list[str] = []
    groups: list[list[Detection] | None] = []  # what satisfied each clause; None for a clause that failed
    for clause in spec.include:
        found = objects.get(clause.category, [])[: clause.count]
        fault = _fault(clause, found, groups, colour_of, variant)
        groups.append(found if fault is None else None)
        reasons += [] if fault is None else [fault]
    for clause in spec.exclude:
        seen = len(objects.get(clause.category, []))
        if seen >= clause.count:
            reasons.append(f"expected {clause.category}<{clause.count}, found {seen}")
    return GenEvalVerdict(not reasons, tuple(reasons))


def _fault(
    clause: GenEvalClause,
    found: list[Detection],
    groups: Sequence[list[Detection] | None],
    colour_of: ColourOf | None,
    variant: Variant,
) -> str | None:
    if len(found) < clause.count:
        return f"expected {clause.category}>={clause.count}, found {len(found)}"
    if clause.color is not None:
        if colour_of is None:
            raise ValueError(f"the clause {clause.color} {clause.category} needs a colour classifier")
        colours = list(colour_of(found, clause.category))
        if colours.count(clause.color) < clause.count:
            return f"expected {clause.color} {clause.category}>={clause.count}, found {', '.join(colours)}"
    if clause.position is None:
        return None
    relation, index = clause.position
    targets = groups[index]
    if targets is None:
        return f"no target for {clause.category} to be {relation}"
    for thing in found:
        for target in targets:
            held = geneval_relations(thing.box, target.box, variant)
            if relation not in held:
                return f"expected {clause.category} {relation} {target.category}, found {sorted(held) or 'neither'}"
    return None


def geneval_scores(images: Iterable[GenEvalImage], variant: Variant = "published") -> GenEvalScores:
    """The scores of a run.

    "published": a tag is the mean over the images that happen to be there, overall the mean over the tags that happen
    to be there. "corrected": a tag is the mean over prompts of the mean over their images; it is NaN when a planned
    prompt of it has no image, and overall is NaN unless all six tags have a score.
    """
    by_prompt: dict[str, dict[str, list[bool | None]]] = {}
    for tag, prompt, correct in images:
        by_prompt.setdefault(tag, {}).setdefault(prompt, []).append(correct)
    mean_of = _by_prompt if is_corrected(variant) else _by_image
    by_tag = {tag: score for tag, prompts in by_prompt.items() if (score := mean_of(prompts)) is not None}
    whole = not is_corrected(variant) or set(TAGS) <= set(by_tag)
    verdicts = [verdict for prompts in by_prompt.values() for images in prompts.values() for verdict in images]
    return GenEvalScores(
        by_tag=by_tag,
        overall=fmean(by_tag.values()) if by_tag and whole else nan,
        coverage=fmean(verdict is not None for verdict in verdicts) if verdicts else nan,
    )


def _by_image(prompts: Mapping[str, Sequence[bool | None]]) -> float | None:
    seen = [verdict for images in prompts.values() for verdict in images if verdict is not None]
    return fmean(seen) if seen else None


def _by_prompt(prompts: Mapping[str, Sequence[bool | None]]) -> float:
    means = [_by_image({prompt: images}) for prompt, images in prompts.items()]
    return fmean(nan if mean is None else mean for mean in means)
