"""HEIM's scores on PaintSkills."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rlrig_eval.metrics import Detection, paintskills_count, paintskills_object, paintskills_spatial
from rlrig_eval.metrics.paintskills import RELATIONS
from rlrig_eval.scene import Box
from tests.metrics.boxes import boxes, mirrored, random_pairs, scaled, shifted, square, upside_down

VARIANTS = ("published", "corrected")
MIRROR = {"left": "right", "right": "left", "above": "above", "below": "below"}
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}


def holding(a: Box, b: Box, variant: str = "published") -> list[str]:
    """The words that are right of a cat `a` and a dog `b`."""
    seen = [Detection("cat", a), Detection("dog", b)]
    return [word for word in RELATIONS if paintskills_spatial(seen, ("cat", "dog"), word, variant)]


def test_the_word_is_where_the_second_object_is() -> None:
    for variant in VARIANTS:
        assert holding(square(100, 100, 20), square(300, 150, 20), variant) == ["right"]
        assert holding(square(100, 300, 20), square(150, 100, 20), variant) == ["above"]


def test_only_the_first_word_of_a_relation_counts() -> None:
    seen = [Detection("cat", square(100, 100, 20)), Detection("dog", square(300, 150, 20))]
    assert paintskills_spatial(seen, ("cat", "dog"), "right_of")


def test_it_is_the_published_rule_on_10000_pairs() -> None:
    for (x11, y11, *a), (x21, y21, *b) in random_pairs():
        if abs(x11 - x21) > abs(y11 - y21):
            word = "right" if x11 < x21 else "left"
        else:
            word = "above" if y11 > y21 else "below"
        assert holding((x11, y11, *a), (x21, y21, *b)) == [word]


def test_corners_let_the_size_decide_and_centres_do_not() -> None:
    # Centres (50, 70) and (170, 100): the dog is to the right. Corners (40, 60) and (70, 0): it is "above".
    small, large = (40.0, 60.0, 60.0, 80.0), (70.0, 0.0, 270.0, 200.0)
    assert holding(small, large) == ["above"]
    assert holding(small, large, "corrected") == ["right"]


def test_a_tie_is_vertical_and_corrected_nothing() -> None:
    assert holding(square(100, 100, 20), square(200, 200, 20)) == ["below"]
    assert holding(square(100, 100, 20), square(200, 200, 20), "corrected") == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_exactly_one_of_each_or_it_is_wrong(variant: str) -> None:
    cat, dog = Detection("cat", square(100, 100, 20)), Detection("dog", square(300, 100, 20))
    for seen in ([], [cat], [dog], [cat, dog, dog], [cat, cat, dog]):
        assert not paintskills_spatial(seen, ("cat", "dog"), "right", variant)
    assert paintskills_spatial([dog, cat, Detection("cup", cat.box)], ("cat", "dog"), "right", variant)


def test_two_of_one_class_are_one_box_against_itself_and_corrected_two() -> None:
    one, other = Detection("cat", square(100, 100, 20)), Detection("cat", square(300, 100, 20))
    twice = ("cat", "cat")
    assert [word for word in RELATIONS if paintskills_spatial([one], twice, word)] == ["above", "below"]
    assert not any(paintskills_spatial([one, other], twice, word) for word in RELATIONS)
    assert [word for word in RELATIONS if paintskills_spatial([one, other], twice, word, "corrected")] == [
        "left",
        "right",
    ]
    assert not any(paintskills_spatial([one], twice, word, "corrected") for word in RELATIONS)


def test_an_unknown_relation_is_named() -> None:
    with pytest.raises(ValueError, match="unknown relation 'near'"):
        paintskills_spatial([], ("cat", "dog"), "near")


def test_object_and_count() -> None:
    seen = [Detection("cat", square(0, 0, 2), 0.4), Detection("dog", square(0, 0, 2), 0.8)]
    assert paintskills_object(seen, "dog")
    assert not paintskills_object(seen, "cat")
    assert not paintskills_object([], "cat")
    assert paintskills_count(seen, "cat", 1)
    assert not paintskills_count(seen, "cat", 2)
    assert paintskills_count(seen, "cup", 0)
    assert not paintskills_count([], "cup", 0)  # as published, a picture of nothing is never right


@given(a=boxes(), b=boxes(), dx=st.integers(-50, 50), factor=st.sampled_from([2, 8]))
def test_corrected_survives_mirror_flip_place_scale_and_exchange(a: Box, b: Box, dx: int, factor: int) -> None:
    words = holding(a, b, "corrected")
    assert len(words) <= 1
    assert holding(mirrored(a), mirrored(b), "corrected") == [MIRROR[word] for word in words]
    assert holding(upside_down(a), upside_down(b), "corrected") == [MIRROR[OPPOSITE[word]] for word in words]
    assert holding(shifted(a, dx, 3), shifted(b, dx, 3), "corrected") == words
    assert holding(scaled(a, factor), scaled(b, factor), "corrected") == words
    assert holding(b, a, "corrected") == [OPPOSITE[word] for word in words]


@given(boxes(), boxes())
def test_published_and_corrected_agree_on_boxes_of_one_size_off_the_diagonal(a: Box, b: Box) -> None:
    b = (b[0], b[1], b[0] + a[2] - a[0], b[1] + a[3] - a[1])
    assume(abs(a[0] - b[0]) != abs(a[1] - b[1]))
    assert holding(a, b) == holding(a, b, "corrected")
