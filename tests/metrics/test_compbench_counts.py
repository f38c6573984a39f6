"""T2I-CompBench++ numeracy, and the complex 3-in-1 score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.metrics import Detection, compbench_2d, compbench_complex, compbench_complex_kind, compbench_numeracy
from rlrig_eval.metrics.compbench_counts import compbench_same
from rlrig_eval.scene import Box
from tests.metrics.boxes import boxes, mirrored, random_pairs, square, upside_down


def row(*labels: str) -> list[Detection]:
    """Things side by side, apart from each other."""
    return [Detection(label, square(50 + 100 * place, 50, 40)) for place, label in enumerate(labels)]


class TestNumeracy:
    @pytest.mark.parametrize(
        ("wanted", "seen", "score"),
        [
            ([("dog", 2)], row("dog", "dog"), 1.0),
            ([("dog", 2)], row("dog"), 0.5),  # there, the number wrong
            ([("dog", 2)], row("cat"), 0.0),
            ([("dog", 0)], row("cat"), 0.0),  # the number counts only where the thing is there
            ([("dog", 2), ("cat", 1)], row("dog", "dog", "cat"), 1.0),
            ([("dog", 2), ("cat", 1)], row("dog", "dog"), 0.5),
            ([("dog", 2), ("cat", 1)], row("dog", "cat"), 0.75),  # 1/4 + (1/4 + 1/4)
            ([("ship", 1), ("goldfish", 1), ("painting", 1)], row("boat", "fish", "picture"), 1.0),
            ([("girl", 1)], row("person"), 1.0),
            ([("dog", 1)], row("hot dog"), 1.0),  # no label is "dog": those that contain it are taken
            ([("dog", 1)], row("dog", "hot dog"), 1.0),  # one is: they are not
        ],
    )
    def test_by_hand(self, wanted: list[tuple[str, int]], seen: list[Detection], score: float) -> None:
        assert compbench_numeracy(wanted, seen) == score

    def test_a_label_once_renamed_stays_so(self) -> None:
        assert compbench_numeracy([("cup", 1), ("cupboard", 1)], row("cupboard")) == 0.5

    def test_one_thing_found_twice_is_one_of_its_label_only(self) -> None:
        box, inside = (0.0, 0.0, 100.0, 100.0), (10.0, 10.0, 90.0, 90.0)
        assert compbench_numeracy([("dog", 1)], [Detection("dog", box), Detection("dog", inside)]) == 1
        both = [Detection("dog", box), Detection("cat", inside)]
        assert compbench_numeracy([("dog", 1), ("cat", 1)], both) == 1

    def test_a_prompt_that_counts_nothing_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="counts nothing"):
            compbench_numeracy([], row("dog"))

    def test_the_merge_by_hand(self) -> None:
        # As whole pixels 101 x 101 and 101 x 91: the smaller lies within the larger.
        assert compbench_same((0, 0, 100, 100), (0, 0, 100, 90))
        # Shifted by 10 of 101 columns: 91 / 101 = .901 of either is covered. By 11: .891.
        assert compbench_same((0, 0, 100, 100), (10, 0, 110, 100))
        assert not compbench_same((0, 0, 100, 100), (11, 0, 111, 100))

    def test_the_merge_is_the_published_formula_on_10000_pairs(self) -> None:
        for a, b in random_pairs():
            (aw, ah), (bw, bh) = (np.subtract(box[2:], box[:2]) + 1 for box in (a, b))
            w, h = (max(0, min(a[i + 2], b[i + 2]) - max(a[i], b[i]) + 1) for i in (0, 1))
            inter = w * h
            same = inter / (aw * ah + bw * bh - inter) > 0.9 or inter / (aw * ah) > 0.9 or inter / (bw * bh) > 0.9
            assert compbench_same(a, b) == same, (a, b)

    @given(a=boxes(), b=boxes())
    def test_the_merge_has_no_direction(self, a: Box, b: Box) -> None:
        same = compbench_same(a, b)
        assert compbench_same(b, a) == same
        assert compbench_same(mirrored(a), mirrored(b)) == compbench_same(upside_down(a), upside_down(b)) == same
        assert compbench_same(a, a)

    @given(st.permutations([("dog", 2), ("cat", 1), ("cup", 3)]), st.permutations(row("dog", "dog", "cat", "cup")))
    def test_the_order_does_not_matter_where_nothing_is_merged(
        self, wanted: list[tuple[str, int]], seen: list[Detection]
    ) -> None:
        assert compbench_numeracy(wanted, seen) == 5 / 6

    @given(st.integers(0, 6))
    def test_only_the_exact_number_is_whole(self, found: int) -> None:
        assert compbench_numeracy([("dog", 3)], row(*["dog"] * found)) == (1 if found == 3 else 0.5 if found else 0)


class TestComplex:
    @pytest.mark.parametrize(("kind", "score"), [("spatial", 0.5), ("action", 0.75), ("mixed", 0.6)])
    def test_by_hand(self, kind: str, score: float) -> None:
        # attribute .7, spatial .3, action .8.
        assert compbench_complex(kind, 0.7, 0.3, 0.8) == pytest.approx(score, abs=1e-12)

    def test_an_unknown_kind_is_named(self) -> None:
        with pytest.raises(ValueError, match="'texture': it is one of spatial, action, mixed"):
            compbench_complex("texture", 1, 1, 1)

    def test_the_kind_is_found_by_the_lower_cased_prompt_before_its_full_stop(self) -> None:
        spatial, action = ["The red cup is on top of the table.\n"], ["The dog chases the red ball.\n"]
        assert compbench_complex_kind("the red Cup is on top of the table", spatial, action) == "spatial"
        assert compbench_complex_kind("The dog chases the red ball. Again.", spatial, action) == "action"
        assert compbench_complex_kind("The dog chases the blue ball.", spatial, action) == "mixed"

    def test_on_top_of_costs_the_spatial_term_and_corrected_does_not(self) -> None:
        pair = square(100, 50, 40), square(100, 200, 40)
        published, corrected = (
            compbench_complex("spatial", 0.8, compbench_2d(*pair, "on top of", 0.8, 0.8, variant), 0)
            for variant in ("published", "corrected")
        )
        assert published == pytest.approx(0.4)
        assert corrected == pytest.approx(0.85)

    @given(*[st.floats(0, 1)] * 4)
    def test_it_grows_with_the_spatial_term_where_that_counts(self, a: float, s: float, more: float, c: float) -> None:
        low, high = sorted((s, more))
        assert compbench_complex("mixed", a, low, c) <= compbench_complex("mixed", a, high, c)
        assert compbench_complex("action", a, low, c) == compbench_complex("action", a, high, c)
