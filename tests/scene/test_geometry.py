"""Relations from boxes: antisymmetric, mirrored with the picture, blind to where and how large the picture is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rlrig_eval.scene import Entity, Relation
from rlrig_eval.scene.geometry import (
    CORRIDOR,
    Silhouette,
    between_margin,
    box_containment,
    containment,
    gaps,
    occlusion,
    pair_margins,
    relations,
    touching,
)

SIDE = 64


@st.composite
def boxes(draw: st.DrawFn) -> np.ndarray:
    x, y = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    return np.array([x, y, x + draw(st.integers(4, 24)), y + draw(st.integers(4, 24))], dtype=float)


def held(a: np.ndarray, b: np.ndarray, side: float = SIDE) -> set[str]:
    return {name for name, margin in pair_margins(a, b, side).items() if margin > 0}


def mirrored(box: np.ndarray) -> np.ndarray:
    return np.array([SIDE - box[2], box[1], SIDE - box[0], box[3]])


def thing(name: str, box: tuple[float, float, float, float], depth: float | None = None) -> Entity:
    return Entity(id=name, category="square", box=box, depth=depth)


def stated(*entities: Entity) -> set[tuple[str, str, str]]:
    return {(r.subject, r.predicate, str(r.object)) for r in relations(entities, SIDE)}


@given(boxes(), boxes())
def test_the_inverse_holds_from_the_other_side(a: np.ndarray, b: np.ndarray) -> None:
    inverse = {"left of": "right of", "above": "below", "bigger than": "smaller than", "near": "near"}
    inverse |= {"far from": "far from"} | {there: here for here, there in inverse.items()}
    assert held(b, a) == {inverse[name] for name in held(a, b)}


@given(boxes(), boxes())
def test_contraries_never_hold_together(a: np.ndarray, b: np.ndarray) -> None:
    for one, other in (("left of", "right of"), ("above", "below"), ("near", "far from")):
        assert not {one, other} <= held(a, b)


@given(boxes(), boxes())
def test_a_mirror_swaps_left_and_right_and_nothing_else(a: np.ndarray, b: np.ndarray) -> None:
    swap = {"left of": "right of", "right of": "left of"}
    assert held(mirrored(a), mirrored(b)) == {swap.get(name, name) for name in held(a, b)}


@given(boxes(), boxes(), st.sampled_from([128, 512, 1000]))
def test_the_size_of_the_picture_does_not_matter(a: np.ndarray, b: np.ndarray, side: int) -> None:
    near_a_threshold = any(abs(margin) < 1e-6 for margin in pair_margins(a, b, SIDE).values())
    assume(not near_a_threshold)
    assert held(a * side / SIDE, b * side / SIDE, side) == held(a, b)


@given(boxes(), boxes(), boxes())
def test_between_does_not_care_which_of_the_two_is_named_first(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    # 1e-9 pixel: the same sum in another order.
    assert between_margin(a, b, c, SIDE) == pytest.approx(between_margin(a, c, b, SIDE), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 112), st.integers(0, 112)), min_size=3, max_size=3))
def test_at_most_one_of_three_is_between_the_others(corners: list[tuple[int, int]]) -> None:
    # In the middle half of a segment, and off it by less than .43 (the root of 3/16) of its length, the angle is
    # obtuse, and a triangle has one such. Nearer to each other than that three things have no order.
    a, b, c = (np.array([x, y, x + 16, y + 16], dtype=float) for x, y in corners)
    assume(min(float(np.hypot(*(one - other)[:2])) for one, other in ((a, b), (b, c), (c, a))) > CORRIDOR * 128 / 0.43)
    inner = [between_margin(*order, 128) > 0 for order in ((a, b, c), (b, a, c), (c, a, b))]
    assert sum(inner) <= 1


def test_margins_broadcast_over_candidate_boxes() -> None:
    many = np.array([[0, 20, 12, 32], [40, 20, 52, 32]], dtype=float)
    one = np.array([20, 20, 32, 32], dtype=float)
    margins = pair_margins(many, one, SIDE)
    assert margins["left of"].shape == (2,)
    assert [float(m) for m in margins["left of"]] == [14.0, -26.0]  # 20 pixels of offset less the 6 that are needed


@pytest.mark.parametrize(
    ("offset", "expected"),
    [((20, 0), {"left of"}), ((20, 20), {"left of", "above"}), ((5, 0), set()), ((8, 20), {"above"})],
)
def test_a_diagonal_is_both_and_a_near_tie_neither(offset: tuple[int, int], expected: set[str]) -> None:
    a = np.array([10, 10, 14, 14], dtype=float)
    b = a + np.array([*offset, *offset])
    assert held(a, b) & {"left of", "right of", "above", "below"} == expected


def test_gaps_are_zero_for_overlapping_boxes_and_euclidean_for_the_rest() -> None:
    a, b = np.array([0, 0, 10, 10.0]), np.array([13, 14, 20, 20.0])
    assert gaps(a, b) == 5
    assert gaps(a, a + 3) == 0


def test_containment_and_occlusion_are_shares_of_the_hidden_or_inner_thing() -> None:
    outer, inner = np.zeros((2, 8, 8), dtype=bool)
    outer[1:7, 1:7] = True
    inner[2:4, 5:9] = True  # two columns in, one out
    ring = outer.copy()
    ring[2:6, 2:6] = False
    assert containment(Silhouette(inner, inner), Silhouette(ring, outer)) == pytest.approx(4 / 6)
    assert occlusion(Silhouette(inner, inner), Silhouette(ring, outer)) == pytest.approx(2 / ring.sum())
    assert box_containment(np.array([0, 0, 4, 4.0]), np.array([2, 0, 9, 9.0])) == 0.5


def test_what_is_inside_is_neither_near_nor_in_front() -> None:
    facts = stated(thing("in", (24, 24, 34, 34), depth=0), thing("out", (18, 18, 44, 44), depth=1))
    assert facts == {("in", "inside", "out"), ("out", "bigger than", "in")}


def test_in_front_of_needs_both_depths_and_an_overlap_of_fifteen_to_sixty_percent() -> None:
    nearer, farther = (10, 10, 30, 30), (24, 10, 44, 30)  # 30 % of the farther one is hidden
    assert ("a", "in front of", "b") in stated(thing("a", nearer, depth=0), thing("b", farther, depth=1))
    assert ("b", "in front of", "a") in stated(thing("a", nearer, depth=1), thing("b", farther, depth=0))
    for other, depth in ((farther, None), ((29, 10, 49, 30), 1), ((12, 10, 32, 30), 1)):
        found = stated(thing("a", nearer, depth=0), thing("b", other, depth=depth))
        assert not any(predicate == "in front of" for _, predicate, _ in found)


def test_relations_come_in_canonical_form_and_once_each() -> None:
    found = relations([thing("b", (40, 10, 50, 20)), thing("a", (4, 10, 14, 20)), thing("c", (22, 10, 32, 20))], SIDE)
    assert len(set(found)) == len(found)
    assert all(relation == relation.canonical() for relation in found)
    assert Relation(subject="c", predicate="between", object=("a", "b")) in found


def test_an_entity_without_a_box_is_named() -> None:
    with pytest.raises(ValueError, match="'dog' has no box"):
        relations([Entity(id="dog", category="dog")], SIDE)


def outline(x0: int, x1: int, y0: int = 20, y1: int = 30) -> Silhouette:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[y0:y1, x0:x1] = True
    return Silhouette(mask, mask)


@pytest.mark.parametrize(
    ("other", "holds"),
    [
        (outline(20, 30), True),  # edge to edge
        (outline(21, 31), True),  # a pixel of ground
        (outline(22, 32), False),  # two
        (outline(20, 30, 30, 40), True),  # corner to corner
        (outline(21, 31, 31, 41), False),  # a pixel of ground both ways: 1.8 from centre to centre less one
        (outline(19, 29), False),  # a tenth of each in common: one lies over the other
    ],
)
def test_touching_is_at_most_a_pixel_of_ground_and_no_overlap(other: Silhouette, holds: bool) -> None:
    one = outline(10, 20)
    assert touching(one, other, SIDE) == touching(other, one, SIDE) == holds


def test_boxes_alone_do_not_tell_what_touches() -> None:
    things = (thing("a", (10, 20, 20, 30)), thing("b", (20, 20, 30, 30)))
    told = relations(things, SIDE, {"a": outline(10, 20), "b": outline(20, 30)})
    assert ("a", "touching", "b") in {(r.subject, r.predicate, r.object) for r in told}
    assert not any(predicate == "touching" for _, predicate, _ in stated(*things))
