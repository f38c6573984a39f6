"""T2I-CompBench's rules that need boxes alone: 2D, 3D and numeracy, as published and corrected."""

from __future__ import annotations

from functools import cache, partial
from importlib.util import find_spec
from itertools import permutations, product
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
    compbench_position_2d,
)
from rlrig_eval.metrics.compbench import LOCALITIES_3D, LONG_SIDE, PEOPLE
from rlrig_eval.metrics.compbench_counts import ALIASES
from rlrig_eval.metrics.compbench_nouns import Nouns
from rlrig_eval.runs.published.seen import detections, require_boxes
from rlrig_eval.runs.scorers import Scorer, Scores
from rlrig_eval.scene import Box, Entity, SceneGraph
from rlrig_eval.suite import Prompt, Suite
from rlrig_eval.suite.importers.graphs import UNPARSED

TAGGER = "en_core_web_sm"
Pair = tuple[str, str]
_VARIANTS: dict[str, Variant] = {"": "published", "_corrected": "corrected"}


class CompBench:
    """``2d`` of `spatial` and of the spatial terms of `complex`, ``3d``, ``numeracy``; what is of another category is
    None.

    The 2D rule counts pixels ("next to" is 150 of them) of a picture whose long side is at most 480, as the published
    detector resizes it: boxes in a larger picture are shrunk to that. Its cut needs confidences, which nothing read
    has: see `_plane`. Of a noun that stands twice "published" holds one thing against itself, "corrected" wants two.

    The 3D rule has no depth map here: each thing has one depth, so its transposition is not repeated, and "published"
    differs from "corrected" in what it makes of overlap, and of a noun that stands twice.

    None of a text that nobody could read, or in which no two nouns are known: nothing was looked for.
    """

    def __call__(self, read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
        """Of boxes in pixels of the resized picture."""
        return self.sized(LONG_SIDE)(read, prompt, suite)

    def sized(self, long_side: float) -> Scorer:
        """The scorer of boxes in pixels of a picture whose longer side is `long_side`."""
        return partial(_scores, long_side=long_side)


compbench = CompBench()


def _scores(read: SceneGraph, prompt: Prompt, suite: Suite, long_side: float) -> Scores:
    category = next(iter(prompt.tags), None)
    values = dict.fromkeys(("2d", "2d_corrected", "3d", "3d_corrected", "numeracy"), None) | _counted(read, prompt)
    if category not in ("spatial", "3d_spatial", "complex"):
        return Scores(values)
    (noun_1, noun_2), tagger = nouns_of(prompt, category == "complex")
    evidence = {"nouns": (noun_1, noun_2), "nouns_by": tagger}
    if UNPARSED in prompt.tags or noun_1 is None or noun_2 is None:
        return Scores(values, evidence)
    score = _depth if category == "3d_spatial" else partial(_plane, long_side=long_side)
    found = {name: score(read, prompt.text, (noun_1, noun_2), variant) for name, variant in _VARIANTS.items()}
    kind = "3d" if category == "3d_spatial" else "2d"
    return Scores(values | {kind + name: value for name, value in found.items()}, evidence)


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


def _plane(read: SceneGraph, text: str, nouns: Pair, variant: Variant, long_side: float) -> float:
    """The first thing that is labelled just so, for each noun.

    Of a noun that stands twice ("a cat next to a cat") "corrected" takes two things, whichever is the one meant.

    Confidences count as 1, with which two things found reach the cut of .5 however they stand. The detector's are less,
    so that as published nothing is left of a picture without a position score.
    """
    shrink = min(1.0, LONG_SIDE / long_side)
    boxes: dict[str, list[Box]] = {}
    for thing in detections(read):
        x0, y0, x1, y1 = (end * shrink for end in thing.box)
        boxes.setdefault(_label(thing.category), []).append((x0, y0, x1, y1))
    if nouns[0] == nouns[1] and variant == "corrected":
        pairs = [*permutations(boxes.get(nouns[0], [])[:2], 2)]
    else:
        pairs = [*product(*(boxes.get(noun, [])[:1] for noun in nouns))]
    locality, side = compbench_locality(text), long_side * shrink
    placed = (pair for pair in pairs if compbench_position_2d(*pair, locality, variant, side) > 0)
    return max((compbench_2d(*pair, locality, variant=variant, long_side=side) for pair in placed), default=0.0)


def _depth(read: SceneGraph, text: str, nouns: Pair, variant: Variant) -> float | None:
    """None where the extractor knows no depth: a wrong order and an unknown one are two things.

    Of a noun that stands twice ("a desk hidden by a desk") "corrected" takes two things, whichever is the one meant.
    """
    require_boxes(read)
    things = [entity for entity in read.entities if entity.box is not None]
    labels = [_label(entity.category) for entity in things]
    one, other = (None if n is None else things[n] for n in compbench_instances(labels, *nouns, variant))
    if one is not None and other is not None and (one.depth is None or other.depth is None):
        return None
    orders = [(one, other)]
    if nouns[0] == nouns[1] and variant == "corrected":
        orders.append((other, one))
    locality = compbench_locality(text, LOCALITIES_3D)
    return max(compbench_3d(_box(a), _box(b), _near(a), _near(b), locality, variant) for a, b in orders)


def _box(thing: Entity | None) -> Box | None:
    return None if thing is None else thing.box


def _near(thing: Entity | None) -> float:
    """The larger the nearer; of a thing that was not found, anything."""
    return 0.0 if thing is None or thing.depth is None else -thing.depth


def _counted(read: SceneGraph, prompt: Prompt) -> dict[str, float | None]:
    if prompt.tags[:1] != ("numeracy",) or not prompt.graph.entities:
        return {}
    wanted = [(entity.category, entity.count) for entity in prompt.graph.entities]
    found = [one._replace(category=ALIASES.get(one.category, one.category)) for one in detections(read)]
    return {"numeracy": compbench_numeracy(wanted, found)}


def _label(word: str) -> str:
    return "person" if word in PEOPLE else word
