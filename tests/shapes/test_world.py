"""Sampled scenes are legal, varied and reproducible, and their truth is what the geometry says."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest

from rlrig_eval.scene import VOCABULARY
from rlrig_eval.scene.geometry import between_margin, gaps, pair_margins
from rlrig_eval.shapes import CANVAS, PAIRINGS, SEEN, layout, sample, truth
from rlrig_eval.shapes.constraints import MARGIN
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES
from tests.shapes.scenes import said, sampled

SEEDS = range(120)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_scene_has_as_many_things_as_asked(count: int) -> None:
    assert len(sample(np.random.default_rng(count), entities=count).entities) == count


def test_the_same_seed_is_the_same_scene_and_another_is_not() -> None:
    first, again, other = (sample(np.random.default_rng(seed), entities=3) for seed in (1, 1, 2))
    assert first == again != other


def test_things_lie_on_the_canvas_with_words_of_the_world() -> None:
    for graph in sampled(SEEDS):
        for entity in graph.entities:
            size, colour = entity.attributes
            x0, y0, x1, y1 = entity.box
            assert (entity.category in SHAPES, colour in COLOURS) == (True, True)
            assert x0 >= 1 <= y0
            assert max(x1, y1) < CANVAS
            assert size == ("large" if x1 - x0 > 19 else "small")


def test_no_pair_and_no_triple_is_within_two_pixels_of_a_threshold() -> None:
    for graph in sampled(SEEDS):
        boxes = [np.asarray(entity.box) for entity in graph.entities]
        margins = [m for a, b in combinations(boxes, 2) for m in pair_margins(a, b, CANVAS).values()]
        margins += [between_margin(a, b, c, CANVAS) for a, b, c in permutations(boxes, 3)]
        assert all(abs(margin) >= MARGIN for margin in margins)


def test_things_overlap_only_to_be_inside_or_in_front_and_never_in_one_colour() -> None:
    for graph in sampled(SEEDS):
        overlapping = {
            frozenset((r.subject, *r.objects)) for r in graph.relations if r.predicate in ("inside", "in front of")
        }
        for a, b in combinations(graph.entities, 2):
            if gaps(np.asarray(a.box), np.asarray(b.box)) == 0:
                assert {a.id, b.id} in overlapping
                assert a.attributes[-1] != b.attributes[-1]


def test_every_relation_of_the_world_turns_up() -> None:
    found = Counter(relation.predicate for graph in sampled(range(300)) for relation in graph.relations)
    assert set(found) == {"left of", "above", "in front of", "inside", "near", "far from", "bigger than", "between"}
    assert set(found) <= set(VOCABULARY)


def test_only_the_pairings_given_are_drawn() -> None:
    few = PAIRINGS[:5]
    for seed in range(20):
        graph = sample(np.random.default_rng(seed), pairings=few)
        assert {(entity.attributes[-1], entity.category) for entity in graph.entities} <= set(few)


def test_a_tenth_of_the_pairings_is_held_out() -> None:
    assert len(PAIRINGS) == 36
    assert len(SEEN) == 32


def test_truth_names_what_was_not_said() -> None:
    graph = said(("a", "left of", "b"), a="large red circle", b="small blue square")
    seen = truth(layout(graph, np.random.default_rng(0)))
    assert [entity.attributes for entity in seen.entities] == [("large", "red"), ("small", "blue")]
    assert {"left of", "bigger than"} <= {relation.predicate for relation in seen.relations}
