"""GenEval: the position cone, the clauses of a record, the sums of a run; as published, and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, isnan, radians, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rlrig_eval.metrics import (
    Detection,
    GenEvalImage,
    GenEvalSpec,
    geneval_relations,
    geneval_scores,
    geneval_verdict,
)
from rlrig_eval.metrics.geneval import TAGS
from rlrig_eval.scene import Box
from tests.metrics.boxes import boxes, mirrored, random_pairs, scaled, shifted, square, upside_down

VARIANTS = ("published", "corrected")
MIRROR = {"left of": "right of", "right of": "left of", "above": "above", "below": "below"}
FLIP = {"left of": "left of", "right of": "right of", "above": "below", "below": "above"}


def formula(a: Box, b: Box) -> set[str]:
    """benchmarks.md section 4.1, line by line."""
    pa, pb = np.array(a).reshape(2, 2), np.array(b).reshape(2, 2)
    d = pa.mean(0) - pb.mean(0)
    r = np.sign(d) * np.maximum(np.abs(d) - 0.1 * ((pa[1] - pa[0]) + (pb[1] - pb[0])), 0)
    if (np.abs(r) < 1e-3).all():
        return set()
    ux, uy = r / np.sqrt((d**2).sum())
    return {n for n, holds in zip(MIRROR, (ux < -0.5, ux > 0.5, uy < -0.5, uy > 0.5), strict=True) if holds}


def at_angle(degrees: float, distance: float, variant: str = "published") -> set[str]:
    """Where a 100 px square lies from another, up and to the left of it at that angle from the horizontal."""
    x, y = -distance * cos(radians(degrees)), -distance * sin(radians(degrees))
    return geneval_relations(square(x, y, 100), square(0, 0, 100), variant)


class TestRelations:
    def test_by_hand(self) -> None:
        # Centres (50, 50) and (150, 70): offset (-100, -20). Extents sum to 200 x 200: shortened to (-80, 0).
        # 80 / |(-100, -20)| = .784 > .5: left of, and nothing vertical.
        assert geneval_relations((0, 0, 100, 100), (100, 20, 200, 120)) == {"left of"}
        # Offset (-30, 0), extents 2 x 100: shortened to -10, and 10 / 30 < .5: too near to be left of.
        assert geneval_relations((0, 0, 100, 100), (30, 0, 130, 100)) == set()
        # Offset (-15, 5) is shorter than a tenth of the extents: nothing at all.
        assert geneval_relations((0, 0, 100, 100), (15, -5, 115, 95)) == set()

    def test_it_is_the_published_formula_on_10000_pairs(self) -> None:
        for a, b in random_pairs():
            assert geneval_relations(a, b) == formula(a, b), (a, b)

    @pytest.mark.parametrize(("distance", "first", "last"), [(400, 34, 56), (150, 40, 50)])
    def test_on_a_diagonal_both_hold_and_corrected_one(self, distance: float, first: int, last: int) -> None:
        # The angles between which two 100 px boxes are left of AND above, as benchmarks.md found them: the shortened
        # offset along either axis is distance * cos - 20, and must be over half of the distance.
        both = [angle for angle in range(90) if len(at_angle(angle, distance)) == 2]
        assert abs(both[0] - first) <= 1
        assert abs(both[-1] - last) <= 1
        assert max(len(at_angle(angle, distance, "corrected")) for angle in range(90)) == 1

    def test_corrected_says_neither_on_an_exact_diagonal(self) -> None:
        pair = square(0, 0, 100), square(300, 300, 100)
        assert geneval_relations(*pair) == {"left of", "above"}
        assert geneval_relations(*pair, variant="corrected") == set()

    def test_an_unknown_variant_is_named(self) -> None:
        with pytest.raises(ValueError, match="unknown variant 'mended'"):
            geneval_relations(square(0, 0, 10), square(99, 0, 10), "mended")

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes())
    def test_a_mirror_swaps_left_and_right_and_nothing_else(self, variant: str, a: Box, b: Box) -> None:
        seen = geneval_relations(a, b, variant)
        assert geneval_relations(mirrored(a), mirrored(b), variant) == {MIRROR[relation] for relation in seen}
        assert geneval_relations(upside_down(a), upside_down(b), variant) == {FLIP[relation] for relation in seen}

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes(), dx=st.integers(-99, 99), dy=st.integers(-99, 99), factor=st.sampled_from([2, 4, 16]))
    def test_neither_place_nor_scale_matters(self, variant: str, a: Box, b: Box, dx: int, dy: int, factor: int) -> None:
        seen = geneval_relations(a, b, variant)
        assert geneval_relations(shifted(a, dx, dy), shifted(b, dx, dy), variant) == seen
        assert geneval_relations(scaled(a, factor), scaled(b, factor), variant) == seen

    @pytest.mark.parametrize("variant", VARIANTS)
    @given(a=boxes(), b=boxes())
    def test_seen_from_the_other_side_everything_is_opposite(self, variant: str, a: Box, b: Box) -> None:
        back = geneval_relations(b, a, variant)
        assert geneval_relations(a, b, variant) == {MIRROR[FLIP[relation]] for relation in back}

    @given(a=boxes(), b=boxes())
    def test_corrected_is_a_single_one_of_the_published(self, a: Box, b: Box) -> None:
        corrected = geneval_relations(a, b, "corrected")
        assert corrected <= geneval_relations(a, b)
        assert len(corrected) <= 1


def spec(tag: str, *include: dict, exclude: Sequence[dict] = ()) -> GenEvalSpec:
    return GenEvalSpec.model_validate({"tag": tag, "include": list(include), "exclude": list(exclude)})


def seen(category: str, score: float = 0.95, box: Box = (0, 0, 50, 50)) -> Detection:
    return Detection(category, box, score)


DOG_RIGHT_OF_BEAR = spec(
    "position", {"class": "bear", "count": 1}, {"class": "dog", "count": 1, "position": ["right of", 0]}
)
LEFT, RIGHT = (0.0, 0.0, 50.0, 50.0), (200.0, 0.0, 250.0, 50.0)


class TestVerdict:
    def test_position_is_of_the_most_confident_of_each_class(self) -> None:
        bear, dog = seen("bear", box=LEFT), seen("dog", 0.9, RIGHT)
        assert geneval_verdict(DOG_RIGHT_OF_BEAR, [bear, dog]).correct
        better_dog_elsewhere = seen("dog", 0.99, (-200, 0, -150, 50))
        verdict = geneval_verdict(DOG_RIGHT_OF_BEAR, [bear, dog, better_dog_elsewhere])
        assert verdict.reasons == ("expected dog right of bear, found ['left of']",)

    def test_every_subject_must_hold_to_every_target(self) -> None:
        two = spec("position", {"class": "bear", "count": 2}, {"class": "dog", "count": 1, "position": ["right of", 0]})
        dog = seen("dog", box=RIGHT)
        assert geneval_verdict(two, [dog, seen("bear", box=LEFT), seen("bear", box=(0, 10, 50, 60))]).correct
        assert not geneval_verdict(two, [dog, seen("bear", box=LEFT), seen("bear", box=(400, 0, 450, 50))]).correct

    def test_without_its_target_a_position_fails(self) -> None:
        verdict = geneval_verdict(DOG_RIGHT_OF_BEAR, [seen("dog", box=RIGHT)])
        assert verdict == (False, ("expected bear>=1, found 0", "no target for dog to be right of"))

    def test_a_diagonal_is_right_by_the_longer_axis_alone_when_corrected(self) -> None:
        pair = [seen("bear", box=square(0, 0, 100)), seen("dog", box=square(280, 300, 100))]
        assert geneval_verdict(DOG_RIGHT_OF_BEAR, pair).correct
        assert not geneval_verdict(DOG_RIGHT_OF_BEAR, pair, variant="corrected").correct

    @pytest.mark.parametrize(("tag", "threshold"), [("single_object", 0.3), ("counting", 0.9)])
    def test_a_detection_counts_above_the_threshold_of_the_tag(self, tag: str, threshold: float) -> None:
        one = spec(tag, {"class": "dog", "count": 1})
        assert not geneval_verdict(one, [seen("dog", threshold)]).correct
        assert geneval_verdict(one, [seen("dog", threshold + 1e-6)]).correct

    @pytest.mark.parametrize(("found", "right"), [(1, False), (2, True), (3, False)])
    def test_counting_is_at_least_so_many_and_the_exclude_clause_makes_it_exact(self, found: int, right: bool) -> None:
        two = spec("counting", {"class": "clock", "count": 2}, exclude=[{"class": "clock", "count": 3}])
        assert geneval_verdict(two, [seen("clock")] * found).correct == right

    def test_more_than_asked_is_no_fault_without_an_exclude_clause(self) -> None:
        assert geneval_verdict(spec("two_object", {"class": "dog", "count": 1}), [seen("dog")] * 5).correct

    def test_at_most_16_boxes_of_a_class_are_kept_and_overlapping_ones_too(self) -> None:
        crowd = [seen("dog")] * 40  # one place: there is no suppression
        verdict = geneval_verdict(spec("counting", {"class": "dog", "count": 17}), crowd)
        assert verdict.reasons == ("expected dog>=17, found 16",)

    def test_the_colour_hook_is_asked_for_the_best_boxes_of_the_clause(self) -> None:
        asked = []

        def colour_of(found: Sequence[Detection], category: str) -> list[str]:
            asked.append(([d.score for d in found], category))
            return ["red" if d.box == LEFT else "blue" for d in found]

        red = spec("colors", {"class": "dog", "count": 1, "color": "red"})
        assert geneval_verdict(red, [seen("dog", 0.4, RIGHT), seen("dog", 0.8, LEFT)], colour_of).correct
        assert asked == [([0.8], "dog")]
        wrong = geneval_verdict(red, [seen("dog", 0.8, RIGHT), seen("dog", 0.4, LEFT)], colour_of)
        assert wrong.reasons == ("expected red dog>=1, found blue",)

    def test_a_colour_without_a_classifier_is_an_error_not_a_fault(self) -> None:
        with pytest.raises(ValueError, match="red dog needs a colour classifier"):
            geneval_verdict(spec("colors", {"class": "dog", "count": 1, "color": "red"}), [seen("dog")])

    def test_a_thing_of_the_wrong_colour_is_no_target(self) -> None:
        chain = spec(
            "color_attr",
            {"class": "bear", "count": 1, "color": "red"},
            {"class": "dog", "count": 1, "position": ["right of", 0]},
        )
        picture = [seen("bear", box=LEFT), seen("dog", box=RIGHT)]
        reasons = geneval_verdict(chain, picture, lambda found, _: ["blue"] * len(found)).reasons
        assert reasons[1] == "no target for dog to be right of"

    def test_a_position_points_to_an_earlier_clause(self) -> None:
        with pytest.raises(ValidationError, match="include 0 stands relative to include 1, not an earlier one"):
            spec("position", {"class": "dog", "count": 1, "position": ["above", 1]}, {"class": "cat", "count": 1})

    @settings(max_examples=50)
    @given(st.permutations([("bear", 0.9, LEFT), ("dog", 0.8, RIGHT), ("dog", 0.7, LEFT), ("cat", 0.6, LEFT)]))
    def test_the_order_of_the_detections_does_not_matter(self, found: list[tuple[str, float, Box]]) -> None:
        assert geneval_verdict(DOG_RIGHT_OF_BEAR, [Detection(c, box, score) for c, score, box in found]).correct

    @settings(max_examples=50)
    @given(st.sets(st.sampled_from(["bear", "dog"])))
    def test_taking_things_away_never_helps(self, gone: set[str]) -> None:
        kept = [d for d in (seen("bear", box=LEFT), seen("dog", box=RIGHT)) if d.category not in gone]
        assert geneval_verdict(DOG_RIGHT_OF_BEAR, kept).correct == (not gone)


def images(tag: str, **prompts: Sequence[bool | None]) -> list[GenEvalImage]:
    return [GenEvalImage(tag, prompt, verdict) for prompt, verdicts in prompts.items() for verdict in verdicts]


class TestScores:
    def test_tags_weigh_the_same_whatever_their_size(self) -> None:
        # position: 1 of 4 images; counting: 1 of 2. Overall (.25 + .5) / 2.
        run = images("position", a=[True, False], b=[False, False]) + images("counting", c=[True, False])
        assert geneval_scores(run) == ({"position": 0.25, "counting": 0.5}, 0.375, 1.0)

    def test_published_averages_what_is_missing_away(self) -> None:
        # b lost three of its four images and c all: the mean over images is 5 / 5, and no one learns of it.
        run = images("position", a=[True] * 4, b=[True, None, None, None], c=[None] * 4)
        assert geneval_scores(run).by_tag == {"position": 1.0}
        assert geneval_scores(run).overall == 1.0
        assert geneval_scores(run).coverage == 5 / 12

    def test_corrected_a_prompt_without_an_image_leaves_its_tag_without_a_score(self) -> None:
        corrected = geneval_scores(images("position", a=[True] * 4, c=[None] * 4), "corrected")
        assert isnan(corrected.by_tag["position"])
        assert isnan(corrected.overall)

    def test_corrected_weighs_prompts_not_images(self) -> None:
        run = images("position", a=[True] * 4, b=[False, None, None, None])
        assert geneval_scores(run).by_tag["position"] == 0.8
        assert geneval_scores(run, "corrected").by_tag["position"] == 0.5

    def test_corrected_overall_needs_all_six_tags(self) -> None:
        whole = [image for tag in TAGS for image in images(tag, a=[True, False])]
        assert geneval_scores(whole, "corrected").overall == geneval_scores(whole).overall == 0.5
        without = [image for image in whole if image.tag != "counting"]
        assert geneval_scores(without).overall == 0.5
        assert isnan(geneval_scores(without, "corrected").overall)

    @given(st.permutations(images("position", a=[True, False], b=[True, None]) + images("colors", c=[False])))
    def test_the_order_of_the_images_does_not_matter(self, run: list[GenEvalImage]) -> None:
        assert geneval_scores(run) == ({"position": 2 / 3, "colors": 0.0}, 1 / 3, 0.8)
