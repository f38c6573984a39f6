"""SPICE by exact matches, and SGScore."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.metrics import sg_complexity, sg_score, spice, spice_tuples
from rlrig_eval.scene import SceneGraph
from tests.metrics.scenes import graphs, said_otherwise, scene

VARIANTS = ("published", "corrected")
GOLD = scene("a: red circle, b: blue square, c: star", "a left of b", "c above b")


def matched(candidate: SceneGraph, reference: SceneGraph) -> float:
    """The published procedure without WordNet: two lists of tuples, paired off greedily, then F1."""
    lists = []
    for graph in (candidate, reference):
        found = []
        for entity in graph.entities:
            found += [(entity.category,), *((entity.category, word) for word in entity.attributes)]
        for relation in graph.relations:
            ends = sorted(graph.entity(name).category for name in relation.objects)
            found.append((graph.entity(relation.subject).category, relation.predicate, " and ".join(ends)))
        lists.append(list(dict.fromkeys(found)))
    ours, theirs = lists
    used: set[int] = set()
    for one in ours:
        used |= set([j for j, other in enumerate(theirs) if other == one and j not in used][:1])
    p, r = (len(used) / len(side) if side else 0 for side in lists)
    return 2 * p * r / (p + r) if p + r else 0


class TestTuples:
    def test_by_hand(self) -> None:
        assert spice_tuples(GOLD) == {
            ("circle",),
            ("square",),
            ("star",),
            ("circle", "red"),
            ("square", "blue"),
            ("circle", "left of", "square"),
            ("star", "above", "square"),
        }

    def test_a_negated_relation_is_no_tuple_and_twins_are_one(self) -> None:
        assert spice_tuples(scene("a: tree, b: tree", "a not near b")) == {("tree",)}

    def test_the_pair_of_between_has_no_order(self) -> None:
        one, other = (scene("a: star, b: cup, c: dog", f"a between {pair}") for pair in ("b c", "c b"))
        assert spice_tuples(one) == spice_tuples(other)

    def test_wordings_differ_and_corrected_does_not(self) -> None:
        ends = "a: circle, b: square"
        for stated, read in (("a left of b", "b right of a"), ("a near b", "b near a"), ("a under b", "b above a")):
            assert spice_tuples(scene(ends, stated)) != spice_tuples(scene(ends, read))
            assert spice_tuples(scene(ends, stated), "corrected") == spice_tuples(scene(ends, read), "corrected")
        assert spice_tuples(scene(ends, "a left of b"), "corrected") != spice_tuples(
            scene(ends, "b left of a"), "corrected"
        )

    def test_synonyms_by_one_name(self) -> None:
        names = {"sofa": "couch"}
        seen = [spice_tuples(scene(f"a: red {word}"), same=lambda w: names.get(w, w)) for word in ("sofa", "couch")]
        assert seen[0] == seen[1]


class TestSpice:
    def test_by_hand(self) -> None:
        read = scene("a: red circle, b: green square, d: dog", "a left of b")
        # Shared: circle, square, (circle, red), the triple. 6 read, 7 asked: P 4/6, R 4/7, F1 8/13.
        assert spice(read, GOLD) == pytest.approx((4 / 6, 4 / 7, 8 / 13))

    @given(graphs(), graphs())
    def test_it_is_the_published_procedure(self, read: SceneGraph, gold: SceneGraph) -> None:
        assert spice(read, gold).f1 == pytest.approx(matched(read, gold), abs=1e-12)

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_nothing_is_0(self, variant: str) -> None:
        assert spice(SceneGraph(), GOLD, variant) == spice(SceneGraph(), SceneGraph(), variant) == (0, 0, 0)

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(graphs())
    def test_a_graph_is_itself_and_precision_is_the_other_ones_recall(self, variant: str, graph: SceneGraph) -> None:
        assert spice(graph, graph, variant) == ((1, 1, 1) if graph.entities else (0, 0, 0))
        there, back = spice(graph, GOLD, variant), spice(GOLD, graph, variant)
        assert (there.precision, there.recall, there.f1) == (back.recall, back.precision, back.f1)

    @given(graphs(), st.integers(0, 99))
    def test_corrected_the_same_said_otherwise_is_the_same(self, graph: SceneGraph, seed: int) -> None:
        other = said_otherwise(graph, random.Random(seed))
        assert spice_tuples(other, "corrected") == spice_tuples(graph, "corrected")

    def test_each_error_costs(self) -> None:
        reads = [
            GOLD,
            scene("a: red circle, b: blue square, c: star", "a left of b"),
            scene("a: red circle, b: square, c: star", "a left of b"),
            scene("a: red circle, b: square", "a left of b"),
            scene("a: red circle, b: square", "b left of a"),
            scene("a: circle"),
        ]
        scores = [spice(read, GOLD).f1 for read in reads]
        assert scores[0] == 1
        assert scores == sorted(set(scores), reverse=True)


class TestSGScore:
    def test_by_hand(self) -> None:
        # 3 of 4 objects, 1 of 2 relations, alpha .8: .6 + .1.
        assert sg_score([True, True, True, False], [True, False], 0.8) == pytest.approx(0.7)

    def test_a_graph_without_edges_is_its_objects(self) -> None:
        assert sg_score([True, False], [], 0.3) == 0.5

    @pytest.mark.parametrize(("objects", "alpha", "message"), [([], 0.5, "empty graph"), ([True], 1.5, "not 1.5")])
    def test_what_has_no_score_is_named(self, objects: list[bool], alpha: float, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            sg_score(objects, [], alpha)

    @given(st.lists(st.booleans(), min_size=1), st.lists(st.booleans(), min_size=1), st.floats(0, 1), st.randoms())
    def test_order_does_not_matter_all_is_1_and_a_miss_never_helps(
        self, objects: list[bool], relations: list[bool], alpha: float, rng: object
    ) -> None:
        score = sg_score(objects, relations, alpha)
        turned = [rng.sample(side, len(side)) for side in (objects, relations)]
        assert sg_score(*turned, alpha) == pytest.approx(score, abs=1e-12)
        assert sg_score([*objects[:-1], False], relations, alpha) <= score + 1e-12
        assert sg_score([True] * len(objects), [True] * len(relations), alpha) == pytest.approx(1, abs=1e-12)

    def test_complexity_by_hand(self) -> None:
        assert sg_complexity(objects=6, relations=4, gamma=0.25) == 4.5
