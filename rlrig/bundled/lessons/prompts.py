"""Prompts of the train bucket with a drawing of each: what the Diffuser and the editor are shown."""

from collections.abc import Mapping

from numpy.random import Generator

from rlrig_eval.scene import SceneGraph, opposite
from rlrig_eval.shapes import NEAT, SEEN, LayoutError, layout, split
from rlrig_eval.suite.structures import OVERLAPS, compose

_OPEN = ("pair", "chain", "triangle", "long chain")  # structures whose first relation can be any


def laid_out_prompt(rng: Generator, weights: Mapping[str, float], overlapping: float) -> tuple[SceneGraph, SceneGraph]:
    """A prompt graph of the train bucket without unseen pairings, and a layout of it.

    `weights` are the shares of the structures, which add up to 1; `overlapping` that of overlaps among the first
    relations.
    """
    names = tuple(weights)
    structure = names[int(rng.choice(len(names), p=[weights[name] for name in names]))]
    while True:  # within one structure, so that those hard to lay out keep their share
        overlaps = structure in _OPEN and rng.random() < overlapping
        graph = compose(rng, structure, SEEN, OVERLAPS[int(rng.integers(len(OVERLAPS)))] if overlaps else None)
        if split(graph) != "train":
            continue
        try:
            return graph, layout(graph, rng, attempts=3, placement=NEAT)
        except LayoutError:
            continue


def mirrored_prompt(graph: SceneGraph) -> SceneGraph:
    """The prompt of the picture turned left to right."""
    flipped = [
        r.model_copy(update={"predicate": opposite(r.predicate)}) if r.predicate in ("left of", "right of") else r
        for r in graph.relations
    ]
    return SceneGraph(entities=graph.entities, relations=tuple(flipped))
