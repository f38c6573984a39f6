"""T2I-CompBench: 2D and 3D relations, by hand, against the formulas, and what the corrected form mends."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.metrics import (
    compbench_2d,
    compbench_3d,
    compbench_depth,
    compbench_instances,
    compbench_locality,
    compbench_position_2d,
    compbench_position_3d,
)
from rlrig_eval.metrics.compbench import LOCALITIES_2D, LOCALITIES_3D
from rlrig_eval.scene import Box
from tests.metrics.boxes import WIDTH, boxes, mirrored, random_pairs, scaled, shifted, square, upside_down

VARIANTS = ("published", "corrected")
DIRECTIONS = ("on the left of", "on the right of", "on the top of", "on the bottom of")
MIRROR = {"on the left of": "on the right of", "on the right of": "on the left of"}
FLIP = {"on the top of": "on the bottom of", "on the bottom of": "on the top of"}


def shared_share(a: Box, b: Box) -> float:
    w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def formula_2d(a: Box, b: Box, word: str, s1: float, s2: float) -> float:
    """benchmarks.md section 4.2, line by line."""
    dx = (b[0] + b[2]) / 2 - (a[0] + a[2]) / 2
    dy = (b[1] + b[3]) / 2 - (a[1] + a[3]) / 2
    if word in ("next to", "on side of", "near"):
        pos = 1 if abs(dx) < 150 or abs(dy) < 150 else 150 / max(abs(dx), abs(dy))
    elif (
        (word == "on the left of" and dx > 0 and abs(dx) > abs(dy))
        or (word == "on the right of" and dx < 0 and abs(dx) > abs(dy))
        or (word == "on the top of" and dy > 0 and abs(dy) > abs(dx))
        or (word == "on the bottom of" and dy < 0 and abs(dy) > abs(dx))
    ):
        share = shared_share(a, b)
        pos = 1 if share < 0.1 else 0.1 / share
    else:
        pos = 0
    score = 0.25 * s1 + 0.25 * s2 + 0.5 * pos
    return 0 if score < 0.5 else score


def formula_3d(a: Box, b: Box, d1: float, d2: float, word: str) -> float:
    """benchmarks.md section 4.3, line by line."""
    if not (d1 > d2 if word == "in front of" else d1 < d2):
        return 0
    share = shared_share(a, b)
    if share > 0.5:
        return 1
    return share / 0.5 if 0 < share < 0.5 else 0


class Test2D:
    def test_by_hand(self) -> None:
        # dx = 200, dy = 0, no overlap: pos 1. S = .25 * .9 + .25 * .7 + .5.
        pair = square(100, 100, 40), square(300, 100, 40)
        assert compbench_2d(*pair, "on the left of", 0.9, 0.7) == pytest.approx(0.9, abs=1e-12)
        # The other way round pos is 0, S = .4 < .5: cut.
        assert compbench_2d(*pair, "on the right of", 0.9, 0.7) == 0
        # dx = 10, dy = 0 on 40 px squares: IoU 30 / 50 = .6, pos = .1 / .6. S = .5 + .0833.
        near = square(100, 100, 40), square(110, 100, 40)
        assert compbench_2d(*near, "on the left of") == pytest.approx(0.5 + 0.5 * 0.1 / 0.6, abs=1e-12)
        # dx = 300, dy = 200: pos = 150 / 300. S = .5 + .25.
        assert compbench_2d(square(50, 50, 20), square(350, 250, 20), "next to") == 0.75

    def test_it_is_the_published_formula_on_10000_pairs(self) -> None:
        rng = np.random.default_rng(1)
        for number, (a, b) in enumerate(random_pairs()):
            word, (s1, s2) = LOCALITIES_2D[number % len(LOCALITIES_2D)], rng.uniform(0.3, 1, 2).tolist()
            # Two orders of the same few operations: they may differ in the last bits.
            assert compbench_2d(a, b, word, s1, s2) == pytest.approx(formula_2d(a, b, word, s1, s2), abs=1e-12)

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_a_missing_thing_leaves_less_than_the_cut(self, variant: str) -> None:
        box = square(100, 100, 40)
        for pair in ((box, None), (None, box), (None, None)):
            assert compbench_2d(*pair, "next to", 1.0, 1.0, variant) == 0

    @pytest.mark.parametrize("word", [None, "hovering over"])
    def test_without_a_known_word_the_position_is_0_and_doubt_is_cut(self, word: str | None) -> None:
        pair = square(100, 100, 40), square(300, 100, 40)
        assert compbench_2d(*pair, word) == 0.5
        assert compbench_2d(*pair, word, 0.99) == 0

    def test_next_to_holds_across_the_whole_row_and_corrected_does_not(self) -> None:
        row = square(20, 100, 20), square(470, 110, 20)  # 450 px apart, 10 px lower
        assert compbench_position_2d(*row, "next to") == 1
        assert compbench_position_2d(*row, "next to", "corrected") == 150 / 450

    def test_near_is_in_pixels_of_the_resized_picture_and_corrected_in_shares_of_it(self) -> None:
        pair = square(100, 100, 40), square(340, 340, 40)  # 240 of 480 px each way
        assert compbench_position_2d(*pair, "near") == 150 / 240
        double = tuple(scaled(box, 2) for box in pair)
        assert compbench_position_2d(*double, "near") == 150 / 480
        assert compbench_position_2d(*double, "near", "corrected", long_side=960) == 150 / 240

    def test_on_top_of_is_a_word_without_a_rule_and_corrected_has_one(self) -> None:
        pair = square(100, 50, 40), square(100, 200, 40)
        assert compbench_locality("a bird on top of a car") == "on top of"
        assert compbench_2d(*pair, "on top of", 0.9, 0.9) == 0
        assert compbench_2d(*pair, "on top of", 0.9, 0.9, "corrected") == pytest.approx(0.95)
        assert compbench_2d(*pair, "on the top of", 0.9, 0.9) == pytest.approx(0.95)

    @pytest.mark.parametrize(
        ("prompt", "word"),
        [
            ("a dog on the left of a cat", "on the left of"),
            ("a dog next to a cat near a tree", "next to"),  # in the order of the list, not of the prompt
            ("a tree near a dog next to a cat", "next to"),
            ("a nearby dog", "near"),
            ("a dog and a cat", None),
        ],
    )
    def test_the_word_is_the_first_of_the_list_that_the_prompt_contains(self, prompt: str, word: str | None) -> None:
        assert compbench_locality(prompt) == word

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes(), word=st.sampled_from(LOCALITIES_2D))
    def test_a_mirror_swaps_left_and_right_and_nothing_else(self, variant: str, a: Box, b: Box, word: str) -> None:
        score = compbench_position_2d(a, b, word, variant)
        assert compbench_position_2d(mirrored(a), mirrored(b), MIRROR.get(word, word), variant) == score
        there = word if word != "on top of" else "on the top of" if variant == "corrected" else word
        assert compbench_position_2d(upside_down(a), upside_down(b), FLIP.get(there, there), variant) == score

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes(), dx=st.integers(-99, 99), dy=st.integers(-99, 99), word=st.sampled_from(LOCALITIES_2D))
    def test_place_does_not_matter(self, variant: str, a: Box, b: Box, dx: int, dy: int, word: str) -> None:
        score = compbench_position_2d(a, b, word, variant)
        assert compbench_position_2d(shifted(a, dx, dy), shifted(b, dx, dy), word, variant) == score

    @given(a=boxes(), b=boxes(), word=st.sampled_from(LOCALITIES_2D), factor=st.sampled_from([2.0, 4.0]))
    def test_nor_does_scale_when_corrected(self, a: Box, b: Box, word: str, factor: float) -> None:
        score = compbench_position_2d(a, b, word, "corrected", WIDTH)
        large = compbench_position_2d(scaled(a, factor), scaled(b, factor), word, "corrected", WIDTH * factor)
        assert large == pytest.approx(score, abs=1e-12)

    @given(a=boxes(), b=boxes(), word=st.sampled_from(DIRECTIONS))
    def test_the_corrected_form_changes_no_direction(self, a: Box, b: Box, word: str) -> None:
        assert compbench_2d(a, b, word) == compbench_2d(a, b, word, variant="corrected")

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes())
    def test_at_most_one_direction_holds(self, variant: str, a: Box, b: Box) -> None:
        assert sum(compbench_position_2d(a, b, word, variant) > 0 for word in DIRECTIONS) <= 1

    @given(a=boxes(), b=boxes(), step=st.integers(1, 200))
    def test_moving_away_never_makes_things_nearer(self, a: Box, b: Box, step: int) -> None:
        away = shifted(b, step if b[0] + b[2] >= a[0] + a[2] else -step, 0)
        near, far = (compbench_position_2d(a, box, "near", "corrected") for box in (b, away))
        assert far <= near


class Test3D:
    FRONT = square(100, 100, 100)
    BACK = square(120, 100, 100)  # 20 px to the right: IoU 80 / 120 = .67

    def test_by_hand(self) -> None:
        assert compbench_3d(self.FRONT, self.BACK, 0.9, 0.2, "in front of") == 1
        assert compbench_3d(self.FRONT, self.BACK, 0.9, 0.2, "behind") == 0.5
        # 60 px apart: IoU 40 / 160 = .25, pos = .5. S = .25 * .8 + .25 * .6 + .25.
        apart = square(160, 100, 100)
        score = compbench_3d(self.FRONT, apart, 0.9, 0.2, "in front of", score_1=0.8, score_2=0.6)
        assert score == pytest.approx(0.6, abs=1e-12)
        # One thing alone: .25 of its confidence, with no cut.
        assert compbench_3d(None, apart, 0.9, 0.2, "in front of", score_2=0.6) == pytest.approx(0.15)

    def test_it_is_the_published_formula_on_10000_pairs(self) -> None:
        rng = np.random.default_rng(2)
        for number, (a, b) in enumerate(random_pairs()):
            word, (d1, d2) = LOCALITIES_3D[number % 3], np.round(rng.uniform(0, 1, 2), 1).tolist()
            score = compbench_position_3d(a, b, d1, d2, word)
            assert score == pytest.approx(formula_3d(a, b, d1, d2, word), abs=1e-12)

    def test_things_that_do_not_overlap_never_score_and_corrected_do(self) -> None:
        far = square(400, 100, 50)
        assert compbench_3d(self.FRONT, far, 0.9, 0.2, "in front of") == 0.5
        assert compbench_3d(self.FRONT, far, 0.9, 0.2, "in front of", "corrected") == 1

    def test_an_overlap_of_exactly_half_is_nothing_and_corrected_is_not(self) -> None:
        half = (0.0, 0.0, 10.0, 10.0), (0.0, 0.0, 10.0, 5.0)
        assert compbench_position_3d(*half, 0.9, 0.2, "in front of") == 0
        assert compbench_position_3d(*half, 0.9, 0.2, "in front of", "corrected") == 1
        slightly_more = half[0], (0.0, 0.0, 10.0, 5.1)
        assert compbench_position_3d(*slightly_more, 0.9, 0.2, "in front of") == 1

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_the_same_depth_is_neither_and_no_depth_is_neither(self, variant: str) -> None:
        for word in LOCALITIES_3D:
            assert compbench_position_3d(self.FRONT, self.BACK, 0.5, 0.5, word, variant) == 0
            assert compbench_position_3d(self.FRONT, self.BACK, float("nan"), 0.5, word, variant) == 0

    @pytest.mark.parametrize("word", [None, "on the left of"])
    def test_another_word_is_0(self, word: str | None) -> None:
        assert compbench_position_3d(self.FRONT, self.BACK, 0.9, 0.2, word) == 0

    def test_depth_is_cut_from_the_transposed_map_and_corrected_is_not(self) -> None:
        # The subject stands at the left and is near, the object at the top right and is far.
        subject, object_ = (10.0, 60.0, 60.0, 100.0), (30.0, 40.0, 80.0, 80.0)
        depth = np.full((128, 128), 0.2)
        depth[60:100, 10:60] = 0.9
        seen = [compbench_depth(depth, box) for box in (subject, object_)]
        assert compbench_position_3d(subject, object_, *seen, "in front of") == 0
        transposed = [compbench_depth(depth.T, box) for box in (subject, object_)]
        assert compbench_position_3d(subject, object_, *transposed, "in front of") > 0
        mended = [compbench_depth(depth, box, "corrected") for box in (subject, object_)]
        assert mended[0] == pytest.approx(0.9)
        assert compbench_position_3d(subject, object_, *mended, "in front of", "corrected") == 1

    def test_a_box_beside_the_transposed_map_has_no_depth(self) -> None:
        wide = np.ones((10, 100))
        assert isnan(compbench_depth(wide, (50, 0, 90, 10)))
        assert compbench_depth(wide, (50, 0, 90, 10), "corrected") == 1
        assert isnan(compbench_depth(wide, (200, 0, 240, 10), "corrected"))
        assert isnan(compbench_depth(wide, (-40, 0, -20, 10), "corrected"))

    @given(box=boxes(), seed=st.integers(0, 99))
    def test_the_published_cut_is_the_corrected_one_of_the_transposed_map(self, box: Box, seed: int) -> None:
        depth = np.random.default_rng(seed).uniform(size=(WIDTH // 2, WIDTH))
        one, other = compbench_depth(depth, box), compbench_depth(depth.T, box, "corrected")
        # The same pixels summed in another order.
        assert one == pytest.approx(other, abs=1e-12, nan_ok=True)

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes(), d1=st.floats(0, 1), d2=st.floats(0, 1), word=st.sampled_from(LOCALITIES_3D))
    def test_mirror_place_and_scale_do_not_matter(
        self, variant: str, a: Box, b: Box, d1: float, d2: float, word: str
    ) -> None:
        score = compbench_position_3d(a, b, d1, d2, word, variant)
        for move in (mirrored, upside_down, lambda box: shifted(box, 7, -3), lambda box: scaled(box, 4)):
            assert compbench_position_3d(move(a), move(b), d1, d2, word, variant) == score

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes(), d1=st.floats(0, 1), d2=st.floats(0, 1))
    def test_in_front_of_seen_from_the_other_is_behind(
        self, variant: str, a: Box, b: Box, d1: float, d2: float
    ) -> None:
        front = compbench_position_3d(a, b, d1, d2, "in front of", variant)
        assert compbench_position_3d(b, a, d2, d1, "behind", variant) == front
        assert compbench_position_3d(b, a, d2, d1, "hidden", variant) == front

    @given(a=boxes(), b=boxes(), d1=st.floats(0, 1), d2=st.floats(0, 1))
    def test_corrected_is_never_less(self, a: Box, b: Box, d1: float, d2: float) -> None:
        published, corrected = (compbench_3d(a, b, d1, d2, "in front of", variant) for variant in VARIANTS)
        assert corrected >= published


class TestInstances:
    def test_labels_count_by_what_they_contain_and_people_are_persons(self) -> None:
        assert compbench_instances(["hot dog", "person"], "girl", "dog") == (1, 0)
        assert compbench_instances(["person"], "girl", "dog") == (0, None)
        assert compbench_instances(["hot dog"], "girl", "dog") == (None, 0)

    def test_published_takes_the_last_before_both_are_met_and_corrected_the_first(self) -> None:
        labels = ["cup", "cup", "dog", "cup"]
        assert compbench_instances(labels, "cup", "dog") == (1, 2)
        assert compbench_instances(labels, "cup", "dog", "corrected") == (0, 2)

    def test_corrected_takes_two_things_for_two_nouns_and_published_holds_one_against_itself(self) -> None:
        labels = ["desk", "cup", "desk", "desk"]
        assert compbench_instances(labels, "desk", "desk") == (0, 0)
        assert compbench_instances(labels, "desk", "desk", "corrected") == (0, 2)
        assert compbench_instances(labels[:2], "desk", "desk", "corrected") == (0, None)
        assert compbench_instances(["person", "person"], "girl", "boy", "corrected") == (0, 1)
        assert compbench_instances(["cupcake", "cup"], "cup", "cupcake", "corrected") == (1, 0)  # "cup" is in both

    @given(st.permutations(["cup", "dog", "cat", "cat", "person"]))
    def test_the_two_agree_when_each_is_there_once(self, labels: list[str]) -> None:
        assert compbench_instances(labels, "cup", "dog") == compbench_instances(labels, "cup", "dog", "corrected")
