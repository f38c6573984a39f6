"""T2I-CompBench's rules that need boxes alone: 2D, 3D and numeracy, as published and corrected."""

from __future__ import annotations

from functools import cache, partial
from importlib.util import find_spec
from typing import Any

from rlrig_eval.metrics import (
    Variant,
    compbench_2d,
    compbench_3d,
    compbench_complex_nouns,
    compbench_instances,
    compbench_locality,
    compbench_nouns,
    compbench_numeracy,
)
from rlrig_eval.metrics.compbench import LOCALITIES_3D, LONG_SIDE, PEOPLE
from rlrig_eval.metrics.compbench_counts import ALIASES
from rlrig_eval.metrics.compbench_nouns import Nouns
from rlrig_eval.runs.published.seen import detections, require_boxes
from rlrig_eval.runs.scorers import Scorer, Scores
from rlrig_eval.scene import Box, SceneGraph
from rlrig_eval.suite import Prompt, Suite

TAGGER = "en_core_web_sm"
_VARIANTS: dict[str, Variant] = {"": "published", "_corrected": "corrected"}


class CompBench:
    """``2d`` of `spatial` and of the spatial terms of `complex`, ``3d``, ``numeracy``; what is of another category is
    None.

    The 2D rule counts pixels ("next to" is 150 of them) of a picture whose long side is at most 480, as the published
    detector resizes it: boxes in a larger picture are shrunk to that.

    The 3D rule has no depth map here: each thing has one depth, so its transposition is not repeated, and "published"
    differs from "corrected" in what it makes of overlap alone.
    """

    def __call__(self, read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
        """Of boxes in pixels of the resized picture."""
        return self.sized(LONG_SIDE)(read, prompt, suite)

    def sized(self, long_side: float) -> Scorer:
        """The scorer of boxes in pixels of a picture whose longer side is `long_side`."""
        return partial(_scores, long_side=long_side)


compbench = CompBench()


def _scores(read: SceneGraph, prompt: Prompt, suite: Suite, long_side: float) -> Scores:
    category = prompt.tags[0]
    values = dict.fromkeys(("2d", "2d_corrected", "3d", "3d_corrected", "numeracy"), None) | _counted(read, prompt)
    if category not in ("spatial", "3d_spatial", "complex"):
        return Scores(values)
    nouns, tagger = nouns_of(prompt, category == "complex")
    score = _depth if category == "3d_spatial" else partial(_plane, long_side=long_side)
    found = {name: score(read, prompt.text, nouns, variant) for name, variant in _VARIANTS.items()}
    kind = "3d" if category == "3d_spatial" else "2d"
    return Scores(values | {kind + name: value for name, value in found.items()}, {"nouns": nouns, "nouns_by": tagger})


def nouns_of(prompt: Prompt, complex_: bool = False) -> tuple[Nouns, str]:
    """The two nouns that are looked for, and by what they were told: the published tagger or, without it, the graph.

    By the graph they are the first word of the first thing and the last word of the last, which is what the tagger
    finds in prompts of the form "a dog on the left of a car".
    """
    if find_spec(TAGGER) is not None:
        tokens = [(token.text, token.pos_) for token in _tagger()(prompt.text)]
        return (compbench_complex_nouns if complex_ else compbench_nouns)(tokens), TAGGER
    if not prompt.graph.entities or (complex_ and len(prompt.graph.relations) != 1):
        return (None, None), "graph"
    ends = [prompt.graph.entities[0], prompt.graph.entities[-1]]
    if complex_:
        relation = prompt.graph.relations[0]
        ends = [prompt.graph.entity(name) for name in (relation.subject, relation.objects[0])]
    words = (ends[0].category.split()[0], ends[1].category.split()[-1])
    return (_label(words[0]), _label(words[1])), "graph"


@cache
def _tagger() -> Any:
    import spacy

    return spacy.load(TAGGER)


def _plane(read: SceneGraph, text: str, nouns: Nouns, variant: Variant, long_side: float) -> float:
    """The first thing that is labelled just so, for each noun."""
    shrink = min(1.0, LONG_SIDE / long_side)
    first: dict[str, Box] = {}
    for thing in detections(read):
        x0, y0, x1, y1 = (end * shrink for end in thing.box)
        first.setdefault(_label(thing.category), (x0, y0, x1, y1))
    box_1, box_2 = (None if noun is None else first.get(noun) for noun in nouns)
    locality = compbench_locality(text)
    return compbench_2d(box_1, box_2, locality, variant=variant, long_side=long_side * shrink)


def _depth(read: SceneGraph, text: str, nouns: Nouns, variant: Variant) -> float | None:
    """None where the extractor knows no depth: a wrong order and an unknown one are two things."""
    require_boxes(read)
    things = [entity for entity in read.entities if entity.box is not None]
    if nouns[0] is None or nouns[1] is None:
        return 0.0
    labels = [_label(entity.category) for entity in things]
    one, other = (None if n is None else things[n] for n in compbench_instances(labels, nouns[0], nouns[1], variant))
    known = [-entity.depth for entity in (one, other) if entity is not None and entity.depth is not None]
    if one is not None and other is not None and len(known) < 2:
        return None
    near_1, near_2 = known if len(known) == 2 else (0.0, 0.0)
    boxes = [None if entity is None else entity.box for entity in (one, other)]
    return compbench_3d(boxes[0], boxes[1], near_1, near_2, compbench_locality(text, LOCALITIES_3D), variant)


def _counted(read: SceneGraph, prompt: Prompt) -> dict[str, float | None]:
    if prompt.tags[0] != "numeracy" or not prompt.graph.entities:
        return {}
    wanted = [(entity.category, entity.count) for entity in prompt.graph.entities]
    found = [one._replace(category=ALIASES.get(one.category, one.category)) for one in detections(read)]
    return {"numeracy": compbench_numeracy(wanted, found)}


def _label(word: str) -> str:
    return "person" if word in PEOPLE else word
