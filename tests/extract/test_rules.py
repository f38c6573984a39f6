"""Which detections count, and what graph they make."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.extract.detection.rules import RULES, adjusted, kept
from rlrig_eval.extract.detection.seen import graph_of
from rlrig_eval.metrics import Detection
from rlrig_eval.metrics.boxes import iou

ends = st.floats(0, 50, allow_nan=False).flatmap(
    lambda low: st.floats(1, 40, allow_nan=False).map(lambda span: (low, low + span))
)
boxes = st.tuples(ends, ends).map(lambda xy: (xy[0][0], xy[1][0], xy[0][1], xy[1][1]))
detections = st.lists(st.builds(Detection, st.sampled_from(["cat", "dog"]), boxes, st.floats(0, 1)), max_size=30)


@given(detections, st.sampled_from(sorted(RULES)), st.booleans())
def test_what_is_kept_is_sure_enough_in_order_and_within_the_rules_caps(found, name, counting) -> None:
    rule = RULES[name]
    left = kept(found, rule, counting)
    assert [one.score for one in left] == sorted((one.score for one in left), reverse=True)
    assert all(one.score > rule.least(one.category, counting) for one in left)
    assert kept(left, rule, counting) == left
    for category in ("cat", "dog"):
        alike = [one for one in left if one.category == category]
        assert rule.most_per_category is None or len(alike) <= rule.most_per_category
        if rule.nms is not None:
            assert all(iou(a.box, b.box) <= rule.nms for i, a in enumerate(alike) for b in alike[:i])


def test_genevals_rule_is_surer_where_it_counts_and_suppresses_nothing() -> None:
    cups = [Detection("cup", (0, 0, 10, 10), 0.4 + 0.01 * i) for i in range(20)]
    assert len(kept(cups, RULES["geneval"])) == 16
    assert kept(cups, RULES["geneval"], counting=True) == []
    assert len(kept(cups, RULES["strict"])) == 1


def test_two_categories_do_not_suppress_each_other() -> None:
    pair = [Detection("cup", (0, 0, 10, 10), 0.9), Detection("vase", (0, 0, 10, 10), 0.8)]
    assert kept(pair, RULES["strict"]) == pair


def test_a_score_that_is_no_number_counts_for_nothing() -> None:
    assert kept([Detection("cup", (0, 0, 10, 10), float("nan"))], RULES["visor"]) == []


def test_a_category_may_have_a_threshold_of_its_own() -> None:
    rule = adjusted(RULES["strict"], threshold=0.5, thresholds={"cup": 0.1}, nms=1.0)
    pair = [
        Detection("cup", (0, 0, 10, 10), 0.2),
        Detection("cup", (0, 0, 10, 10), 0.3),
        Detection("vase", (0, 0, 5, 5), 0.4),
    ]
    assert [one.score for one in kept(pair, rule)] == [0.3, 0.2]


def test_boxes_become_every_relation_that_holds_with_margin() -> None:
    found = [Detection("cup", (10, 40, 30, 60), 0.9), Detection("vase", (60, 40, 90, 70), 0.8)]
    graph = graph_of(found, (100, 100))
    assert [entity.category for entity in graph.entities] == ["cup", "vase"]
    assert {(r.subject, r.predicate, r.object) for r in graph.relations} == {
        ("e0", "left of", "e1"),
        ("e1", "bigger than", "e0"),
    }


def test_depth_decides_what_is_in_front_with_or_without_overlap_and_not_within_the_margin() -> None:
    nearness = np.zeros((100, 100), np.float32)
    nearness[:, 50:] = 0.9
    nearness[:20] = 0.5
    cup, vase = Detection("cup", (10, 40, 30, 60), 0.9), Detection("vase", (60, 40, 90, 70), 0.8)
    graph = graph_of([cup, vase], (100, 100), nearness)
    assert ("e1", "in front of", "e0") in {(r.subject, r.predicate, r.object) for r in graph.relations}
    assert [entity.depth for entity in graph.entities] == pytest.approx([1.0, 0.1])
    level = graph_of([cup._replace(box=(10, 0, 30, 18)), vase._replace(box=(60, 0, 90, 18))], (100, 100), nearness)
    assert "in front of" not in {r.predicate for r in level.relations}


def test_a_box_is_cut_to_the_picture_and_one_outside_is_left_out() -> None:
    found = [Detection("cup", (-5, 10, 120, 60), 0.9), Detection("vase", (120, 0, 140, 20), 0.8)]
    graph = graph_of(found, (100, 80), colours=["red", "blue"])
    assert [(one.box, one.attributes) for one in graph.entities] == [((0.0, 10.0, 100.0, 60.0), ("red",))]
