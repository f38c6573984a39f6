"""The VISOR family: the sign rule of one image, and the shares of a run."""

from __future__ import annotations

from itertools import product
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.metrics import VISOR, visor, visor_sra
from rlrig_eval.metrics.visor import RELATIONS
from tests.metrics.boxes import random_pairs

VARIANTS = ("published", "corrected")
LEFT, RIGHT, ABOVE, BELOW = RELATIONS
MIRROR = {LEFT: RIGHT, RIGHT: LEFT, ABOVE: ABOVE, BELOW: BELOW}
OPPOSITE = {LEFT: RIGHT, RIGHT: LEFT, ABOVE: BELOW, BELOW: ABOVE}
points = st.tuples(st.integers(0, 9), st.integers(0, 9))
flags = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=5).map(lambda rows: rows * 4)


class TestSRA:
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_one_pixel_is_enough_and_none_is_not(self, variant: str) -> None:
        assert visor_sra(LEFT, [(10, 0)], [(11, 500)], variant)
        assert not visor_sra(LEFT, [(10, 0)], [(10, 500)], variant)
        assert not visor_sra(RIGHT, [(10, 0)], [(10, 500)], variant)

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_without_one_of_the_objects_nothing_holds(self, variant: str) -> None:
        assert not any(visor_sra(relation, [], [(1, 1)], variant) for relation in RELATIONS)
        assert not any(visor_sra(relation, [(1, 1)], [], variant) for relation in RELATIONS)

    def test_any_pair_counts_so_opposites_can_both_hold_and_corrected_the_best_pair(self) -> None:
        dogs, cat = [(10, 50), (90, 50)], [(50, 50)]
        assert visor_sra(LEFT, dogs, cat)
        assert visor_sra(RIGHT, dogs, cat)
        assert visor_sra(LEFT, dogs, cat, "corrected")
        assert not visor_sra(RIGHT, dogs, cat, "corrected")

    def test_an_unknown_relation_is_named(self) -> None:
        with pytest.raises(ValueError, match="unknown relation 'left of': VISOR has to the left of"):
            visor_sra("left of", [(0, 0)], [(1, 1)])

    def test_it_is_the_published_rule_on_10000_pairs(self) -> None:
        for a, b in random_pairs():
            centres = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (a, b)]
            dx, dy = centres[0][0] - centres[1][0], centres[0][1] - centres[1][1]
            signs = {LEFT: dx < 0, RIGHT: dx > 0, ABOVE: dy < 0, BELOW: dy > 0}
            assert {relation: visor_sra(relation, centres[:1], centres[1:]) for relation in RELATIONS} == signs

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(st.lists(points, max_size=3), st.lists(points, max_size=3), st.sampled_from(list(RELATIONS)))
    def test_a_mirror_swaps_left_and_right_and_nothing_else(
        self, variant: str, one: list, other: list, relation: str
    ) -> None:
        flipped = [[(9 - x, y) for x, y in side] for side in (one, other)]
        held = visor_sra(relation, one, other, variant)
        assert visor_sra(MIRROR[relation], *flipped, variant) == held
        assert visor_sra(OPPOSITE[relation], other, one, variant) == held

    @given(st.permutations([(0, 0), (5, 5), (9, 2)]), st.permutations([(4, 4), (6, 1)]))
    def test_as_published_the_order_of_the_detections_does_not_matter(self, one: list, other: list) -> None:
        assert [visor_sra(relation, one, other) for relation in RELATIONS] == [True] * 4


class TestFamily:
    def test_by_hand(self) -> None:
        # Two prompts of four. Both found: 3 + 1 of 8. The relation holds in 2 of the 3 and in the 1, and in one image
        # where nothing was found, which does not count. n1: both prompts; n2: the first.
        found = [1, 1, 1, 0, 1, 0, 0, 0]
        holds = [1, 0, 1, 0, 1, 1, 0, 0]
        assert visor(found, holds) == VISOR(oa=4 / 8, uncond=3 / 8, cond=3 / 4, n1=1.0, n2=0.5, n3=0.0, n4=0.0)

    def test_prompts_may_come_as_rows(self) -> None:
        rng = np.random.default_rng(0)
        found, holds = rng.random((2, 10, 4)) < 0.6
        assert visor(found, holds) == visor(found.ravel(), holds.ravel())

    def test_the_columns_of_a_table_are_the_images_of_a_prompt(self) -> None:
        found, holds = [[1, 1], [1, 1], [1, 1], [0, 0]], [[1, 1], [1, 1], [1, 0], [0, 0]]
        for scores in (visor(found, holds), visor(found, holds, 2)):
            assert (scores.oa, scores.uncond, scores.n1, scores.n2) == (0.75, 5 / 8, 0.75, 0.5)
            assert isnan(scores.n3)
            assert isnan(scores.n4)
        with pytest.raises(ValueError, match="2 images a prompt, images_per_prompt is 4"):
            visor(found, holds, images_per_prompt=4)

    def test_the_notebook_divides_by_the_prompts_with_both_objects_somewhere(self) -> None:
        found, holds = [1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]
        assert visor(found, holds).n1 == 0.5
        assert visor(found, holds, denominator="found").n1 == 1.0

    def test_what_has_no_denominator_is_not_a_number(self) -> None:
        nothing = visor([0] * 4, [0] * 4)
        assert (nothing.oa, nothing.uncond, nothing.n1) == (0, 0, 0)
        assert isnan(nothing.cond)
        assert isnan(visor([0] * 4, [0] * 4, denominator="found").n1)
        two = visor([1, 1], [1, 1], images_per_prompt=2)
        assert (two.n1, two.n2) == (1, 1)
        assert isnan(two.n3)

    @pytest.mark.parametrize(
        ("found", "holds", "kind", "message"),
        [
            ([1, 1], [1], "all", "object_accuracy has shape"),
            ([1] * 6, [1] * 6, "all", "6 images are not prompts of 4"),
            ([], [], "all", "0 images"),
            (np.ones((2, 2, 4)), np.ones((2, 2, 4)), "all", "3 dimensions"),
            (np.ones((0, 4)), np.ones((0, 4)), "all", "0 images"),
            (1, 1, "all", "0 dimensions"),
            ([1] * 4, [1] * 4, "some", "unknown denominator 'some'"),
        ],
    )
    def test_what_does_not_fit_is_named(self, found: list, holds: list, kind: str, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            visor(found, holds, denominator=kind)

    @given(flags)
    def test_cond_times_oa_is_uncond_and_the_shares_fall(self, images: list[tuple[bool, bool]]) -> None:
        scores = visor(*zip(*images, strict=True))
        assert scores.n1 >= scores.n2 >= scores.n3 >= scores.n4
        # n1 + ... + n4 counts every right image once: four times uncond.
        assert sum(scores[3:]) == pytest.approx(4 * scores.uncond, abs=1e-12)
        if scores.oa:
            assert scores.oa * scores.cond == pytest.approx(scores.uncond, abs=1e-12)

    @given(flags, st.randoms())
    def test_neither_the_order_of_the_prompts_nor_of_their_images_matters(
        self, images: list[tuple[bool, bool]], rng: object
    ) -> None:
        prompts = [images[start : start + 4] for start in range(0, len(images), 4)]
        for prompt in prompts:
            rng.shuffle(prompt)
        rng.shuffle(prompts)
        turned = [image for prompt in prompts for image in prompt]
        same, other = (visor(*zip(*run, strict=True)) for run in (images, turned))
        assert same == pytest.approx(other, abs=1e-12, nan_ok=True)

    @given(flags, st.data())
    def test_an_image_gone_wrong_never_helps(self, images: list[tuple[bool, bool]], data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(images) - 1))
        worse = [*images[:place], (images[place][0], False), *images[place + 1 :]]
        before, after = (visor(*zip(*run, strict=True)) for run in (images, worse))
        assert after.uncond <= before.uncond
        assert all(after[n] <= before[n] for n in range(3, 7))

    def test_chance_is_half(self) -> None:
        # All 4 x 4 places of two objects with different columns and rows: half of them are left.
        places = list(product(range(4), repeat=2))
        pairs = [(a, b) for a, b in product(places, places) if a[0] != b[0] and a[1] != b[1]]
        holds = [visor_sra(LEFT, [a], [b]) for a, b in pairs]
        assert visor([True] * len(pairs), holds).cond == 0.5
