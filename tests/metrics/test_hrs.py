"""HRS-Bench: relations by edges, prompts of two to four objects, sizes, and the images it takes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.metrics import hrs_between, hrs_image, hrs_relations, hrs_score, hrs_size, hrs_spatial
from rlrig_eval.metrics.hrs import ABOVE, BELOW, LEFT, RIGHT
from rlrig_eval.scene import Box
from tests.metrics.boxes import boxes, mirrored, random_pairs, scaled, shifted, square, upside_down

VARIANTS = ("published", "corrected")
MIRROR = {LEFT: RIGHT, RIGHT: LEFT, ABOVE: ABOVE, BELOW: BELOW}
FLIP = {LEFT: LEFT, RIGHT: RIGHT, ABOVE: BELOW, BELOW: ABOVE}
WEST, EAST, NORTH, SOUTH, MIDDLE = (
    square(x, y, 20) for x, y in ((100, 250), (400, 250), (250, 100), (250, 400), (250, 250))
)


class TestRelations:
    def test_it_is_the_published_rule_on_10000_pairs(self) -> None:
        for a, b in random_pairs():
            (l1, t1, r1, b1), (l2, t2, r2, b2) = a, b
            rules = {RIGHT: r1 > r2, LEFT: l1 < l2, ABOVE: t1 < t2 or b1 < b2, BELOW: b1 > b2 or t1 > t2}
            assert hrs_relations(a, b) == {relation for relation, holds in rules.items() if holds}

    def test_a_box_around_another_is_everything_at_once_and_corrected_nothing(self) -> None:
        assert hrs_relations(square(250, 250, 300), MIDDLE) == {LEFT, RIGHT, ABOVE, BELOW}
        assert hrs_relations(square(250, 250, 300), MIDDLE, "corrected") == set()

    @given(a=boxes(), b=boxes())
    def test_corrected_holds_one_word_an_axis_at_most_and_only_published_ones(self, a: Box, b: Box) -> None:
        held = hrs_relations(a, b, "corrected")
        assert held <= hrs_relations(a, b)
        assert not {LEFT, RIGHT} <= held
        assert not {ABOVE, BELOW} <= held

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes(), dx=st.integers(-50, 50), factor=st.sampled_from([2, 8]))
    def test_mirror_place_and_scale(self, variant: str, a: Box, b: Box, dx: int, factor: int) -> None:
        held = hrs_relations(a, b, variant)
        assert hrs_relations(mirrored(a), mirrored(b), variant) == {MIRROR[word] for word in held}
        assert hrs_relations(upside_down(a), upside_down(b), variant) == {FLIP[word] for word in held}
        assert hrs_relations(shifted(a, dx, -dx), shifted(b, dx, -dx), variant) == held
        assert hrs_relations(scaled(a, factor), scaled(b, factor), variant) == held

    @given(a=boxes(), b=boxes())
    def test_corrected_seen_from_the_other_is_opposite(self, a: Box, b: Box) -> None:
        back = hrs_relations(b, a, "corrected")
        assert hrs_relations(a, b, "corrected") == {MIRROR[FLIP[word]] for word in back}


class TestBetween:
    def test_it_is_the_published_rule_on_10000_triples(self) -> None:
        pairs = list(random_pairs(seed=1))
        for (a, b), (c, _) in zip(pairs, random_pairs(seed=2), strict=True):
            (l1, t1, r1, d1), (l2, t2, r2, d2), (l3, t3, r3, d3) = a, b, c
            across = (r1 > r2 and l1 < l3) or (l1 < l2 and r1 > r3)
            below, over = (t1 > t2 or d1 > d2), (t1 < t3 or d1 < d3)
            above, under = (t1 < t2 or d1 < d2), (t1 > t3 or d1 > d3)
            assert hrs_between(a, b, c) == (across or (below and over) or (above and under))

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_on_either_axis_in_either_order(self, variant: str) -> None:
        assert hrs_between(MIDDLE, WEST, EAST, variant)
        assert hrs_between(MIDDLE, EAST, WEST, variant)
        assert hrs_between(MIDDLE, SOUTH, NORTH, variant)
        assert not hrs_between(WEST, MIDDLE, EAST, variant)

    def test_a_box_around_both_is_between_them_and_corrected_is_not(self) -> None:
        around = square(250, 250, 400)
        assert hrs_between(around, WEST, EAST)
        assert not hrs_between(around, WEST, EAST, "corrected")

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(boxes(), boxes(), boxes())
    def test_the_pair_has_no_order_and_a_mirror_changes_nothing(self, variant: str, a: Box, b: Box, c: Box) -> None:
        held = hrs_between(a, b, c, variant)
        assert hrs_between(a, c, b, variant) == held
        assert hrs_between(*map(mirrored, (a, b, c)), variant) == held


class TestSpatial:
    @pytest.mark.parametrize("variant", VARIANTS)
    @pytest.mark.parametrize(
        ("objects", "words", "right"),
        [
            ([WEST, EAST], ["on the left of"], True),
            ([WEST, EAST], ["on the right of"], False),
            ([NORTH, SOUTH], ["on"], True),
            ([NORTH, SOUTH], ["over"], True),
            ([NORTH, SOUTH], ["beneath"], False),
            ([SOUTH, NORTH], ["under"], True),
            ([NORTH, None], ["above"], False),
            ([MIDDLE, WEST, NORTH], ["on the right of", "below"], True),
            ([MIDDLE, WEST, NORTH], ["on the right of", "above"], False),
            ([MIDDLE, EAST, NORTH], ["on the right of", "below"], False),
            ([MIDDLE, WEST, EAST], ["between"], True),
            ([WEST, MIDDLE, EAST], ["among"], False),
            ([MIDDLE, square(260, 260, 20), WEST, EAST], ["in the middle of"], True),
            ([MIDDLE, EAST, WEST, SOUTH], ["among"], False),
        ],
    )
    def test_by_hand(self, variant: str, objects: list[Box | None], words: list[str], right: bool) -> None:
        assert hrs_spatial(objects, words, variant) == right

    def test_four_objects_reach_for_a_fifth_and_corrected_takes_the_third_and_fourth(self) -> None:
        # 1 and 2 left of 3 and above 4.
        four = [WEST, square(120, 240, 20), EAST, square(420, 400, 20)]
        with pytest.raises(KeyError):
            hrs_spatial(four, [LEFT, ABOVE])
        assert hrs_spatial(four, [LEFT, ABOVE], "corrected")
        assert not hrs_spatial(four, [LEFT, BELOW], "corrected")
        # As published the first relation is held against object 4, and decides alone when it fails.
        assert not hrs_spatial(four, [RIGHT, ABOVE])

    @pytest.mark.parametrize(
        ("objects", "words", "message"),
        [
            ([WEST], [LEFT], "no prompt of 1 objects"),
            ([WEST, EAST], [LEFT, ABOVE], "no prompt of 2 objects and 2 relations"),
            ([WEST, EAST], ["between"], "unknown relation 'between' between 2 objects"),
            ([WEST, EAST, MIDDLE], [LEFT], "unknown relation 'on the left of' between 3 objects"),
            ([WEST, EAST], ["underneath"], "unknown relation 'underneath'"),
        ],
    )
    def test_what_is_no_prompt_of_hrs_is_named(self, objects: list[Box], words: list[str], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            hrs_spatial(objects, words)

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(boxes(), boxes(), boxes(), st.sampled_from([LEFT, RIGHT]), st.sampled_from([ABOVE, BELOW]))
    def test_a_mirrored_picture_is_right_by_mirrored_words(
        self, variant: str, a: Box, b: Box, c: Box, across: str, down: str
    ) -> None:
        right = hrs_spatial([a, b, c], [across, down], variant)
        assert hrs_spatial([*map(mirrored, (a, b, c))], [MIRROR[across], down], variant) == right


class TestSize:
    SMALL, MEDIUM, LARGE = (square(250, 250, side) for side in (10, 20, 30))

    @pytest.mark.parametrize(
        ("objects", "words", "right"),
        [
            ([LARGE, SMALL], ["bigger"], True),
            ([LARGE, SMALL], ["smaller"], False),
            ([SMALL, SMALL], ["larger"], False),
            ([MEDIUM, SMALL, LARGE], ["larger", "smaller"], True),
            ([MEDIUM, LARGE, SMALL], ["larger", "smaller"], False),
            ([MEDIUM, SMALL, SMALL, LARGE], ["larger", "smaller"], True),  # than 2 and 3, and than 4
            ([MEDIUM, SMALL, LARGE, LARGE], ["larger", "smaller"], False),
            ([MEDIUM, None], ["larger"], False),
        ],
    )
    def test_by_hand(self, objects: Sequence[Box | None], words: list[str], right: bool) -> None:
        assert hrs_size(objects, words) == right

    def test_it_is_the_published_rule_on_10000_pairs(self) -> None:
        for a, b in random_pairs():
            first, second = ((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b))
            assert (hrs_size([a, b], ["bigger"]), hrs_size([a, b], ["smaller"])) == (first > second, first < second)

    def test_what_is_no_size_prompt_is_named(self) -> None:
        with pytest.raises(ValueError, match="unknown size relation 'taller'"):
            hrs_size([self.LARGE, self.SMALL], ["taller"])
        with pytest.raises(ValueError, match="no size prompt of 3 objects and 1 relations"):
            hrs_size([self.LARGE, self.SMALL, self.SMALL], ["larger"])

    @given(boxes(), boxes())
    def test_neither_mirror_nor_place_matters_and_the_other_way_round_is_opposite(self, a: Box, b: Box) -> None:
        larger = hrs_size([a, b], ["larger"])
        assert hrs_size([mirrored(a), shifted(b, 9, 9)], ["larger"]) == larger
        assert hrs_size([b, a], ["smaller"]) == larger


class TestRun:
    def test_levels_read_the_wrong_images_and_corrected_the_right_ones(self) -> None:
        # Three blocks of 334. As published level 1 begins at 111 and level 2 at 222, both images of easy prompts.
        assert [hrs_image(level, 0) for level in range(3)] == [0, 111, 222]
        assert [hrs_image(level, 0, variant="corrected") for level in range(3)] == [0, 334, 668]
        corrected = [hrs_image(level, place, variant="corrected") for level in range(3) for place in range(334)]
        assert corrected == list(range(1002))
        published = {hrs_image(level, place) for level in range(3) for place in range(334)}
        assert len(published) == 222 + 334  # 446 images are never looked at

    def test_levels_weigh_the_same(self) -> None:
        assert hrs_score([[True], [True, False], [False] * 4]) == 0.5
