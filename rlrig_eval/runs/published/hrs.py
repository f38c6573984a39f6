"""HRS-Bench's verdict on one picture of a spatial or a size prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlrig_eval.metrics import Variant, hrs_size, hrs_spatial
from rlrig_eval.runs.published.seen import as_seen, bare, boxes_of
from rlrig_eval.runs.scorers import Scores
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import Prompt, Suite

_PLACES = {
    "left of": "on the left of", "right of": "on the right of", "above": "above", "on": "above", "below": "below",
    "under": "below",
}  # fmt: skip
_SIZES = {"bigger than": "bigger", "smaller than": "smaller"}


def hrs(read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
    """``spatial`` and ``spatial_corrected``, or ``size``; None for the other, and for what HRS has no prompt of.

    Where the published script stops (four objects with two relations) ``spatial`` is None and the evidence says so.
    """
    values: dict[str, float | None] = dict.fromkeys(("spatial", "spatial_corrected", "size"))
    sizes, words = size_words(prompt.graph), place_words(prompt.graph)
    if sizes is None and words is None:
        return Scores(values)
    boxes = [next(boxes_of(read, entity.category), None) for entity in prompt.graph.entities]
    if sizes is not None or words is None:
        return Scores(values | {"size": float(hrs_size(boxes, sizes or ()))})
    variants: dict[str, Variant] = {"spatial": "published", "spatial_corrected": "corrected"}
    stopped = []
    for name, variant in variants.items():
        try:
            values[name] = float(hrs_spatial(boxes, words, variant))
        except KeyError:  # its fifth object, which there is not
            stopped.append(name)
    return Scores(values, {"stopped": stopped} if stopped else {})


def size_words(asked: SceneGraph) -> list[str] | None:
    """The size relations of a row of HRS, one or two, from the graph that it makes; None where no row makes it.

    Two things: 1 to 2. Three: 1 to 2, and to 3. Four: 1 to 2 and 3, and to 4.
    """
    first, *others = _ids(asked) or [""]
    words = _words(asked, [(first, other) for other in others], _SIZES)
    if words is None or (len(words) == 3 and words[0] != words[1]):
        return None
    return words[-2:]


def place_words(asked: SceneGraph) -> list[str] | None:
    """The spatial relations of a row of HRS, one or two, from the graph that it makes; None where no row makes it.

    Two things: 1 to 2. Three: 1 to 2 and to 3; four: 1 and 2 to 3 and to 4; or all but the last two between those.
    """
    things = _ids(asked)
    cut = max(1, len(things) - 2)
    subjects, last = things[:cut], things[cut:]
    between = [(subject, *last) for subject in subjects]
    if len(last) == 2 and _words(asked, between, {"between": "between"}) is not None:
        return ["between"]
    words = _words(asked, [(subject, other) for other in last for subject in subjects], _PLACES)
    if words is None or any(len({*words[n : n + len(subjects)]}) > 1 for n in range(0, len(words), len(subjects))):
        return None
    return words[:: len(subjects)]


def _ids(asked: SceneGraph) -> list[str]:
    """The things of a row, two to four; none where they are not of the kind that a row has."""
    things = [entity.id for entity in asked.entities]
    return things if len(things) in (2, 3, 4) and bare(asked) else []


def _words(asked: SceneGraph, joined: Sequence[tuple[str, ...]], words: Mapping[str, str]) -> list[str] | None:
    """HRS' words of the relations that join just these things, in this order; None where others are asked for."""
    stated = {(r.subject, *r.objects): words.get(r.predicate) for r in asked.relations if as_seen(r)}
    found = [word for ends in joined if (word := stated.get(ends)) is not None]
    return found if found and len(found) == len(joined) == len(asked.relations) else None
