"""DSG and DPG: how far a "no" reaches, on well-formed dependencies and on those that published files have."""

from __future__ import annotations

import random
from math import isnan

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.metrics import dpg_categories, dpg_image, dpg_rows, dpg_score, dsg_parents, dsg_score, dsg_scores
from rlrig_eval.metrics.dsg import Zeroing

ZEROINGS: tuple[Zeroing, ...] = ("transitive", "one_level", "in_order", "none")
# A motorcycle (1), blue (2), bright blue (3); a garage (4); the motorcycle in the garage (5).
PARENTS = {1: [0], 2: [1], 3: [2], 4: [0], 5: [1, 4]}


@st.composite
def questions(draw: st.DrawFn) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Answers, and parents of any sort: 0, itself, later ones, repeated ones, ones that were never asked."""
    count = draw(st.integers(1, 7))
    ids = range(1, count + 1)
    answers = {i: draw(st.integers(0, 1)) for i in ids}
    parents = {i: draw(st.lists(st.integers(0, count + 2), max_size=3)) for i in ids}
    return answers, parents


class TestZeroing:
    @pytest.mark.parametrize(
        ("zeroing", "scores"),
        [
            ("none", [0, 1, 1, 1, 1]),
            ("one_level", [0, 0, 1, 1, 0]),  # the answer to "blue?" was yes: "bright blue?" stands
            ("in_order", [0, 0, 0, 1, 0]),
            ("transitive", [0, 0, 0, 1, 0]),
        ],
    )
    def test_by_hand(self, zeroing: Zeroing, scores: list[int]) -> None:
        answers = {1: 0, 2: 1, 3: 1, 4: 1, 5: 1}
        assert list(dsg_scores(answers, PARENTS, zeroing).values()) == scores
        assert dsg_score(answers, PARENTS, zeroing) == sum(scores) / 5

    def test_in_order_reaches_only_what_comes_later(self) -> None:
        # The same three questions, the grandchild listed first: it is looked at while its parent still stands.
        answers, parents = {3: 1, 2: 1, 1: 0}, {3: [2], 2: [1], 1: [0]}
        assert dsg_scores(answers, parents, "in_order") == {3: 1, 2: 0, 1: 0}
        assert dsg_scores(answers, parents) == {3: 0, 2: 0, 1: 0}

    def test_it_is_the_published_code_on_10000_random_trees(self) -> None:
        rng = random.Random(0)
        for _ in range(10_000):
            ids = list(range(1, rng.randint(2, 9)))
            rng.shuffle(ids)
            answers = {i: float(rng.random() < 0.7) for i in ids}
            parents = {i: rng.sample(ids, rng.randint(0, min(2, len(ids)))) or [0] for i in ids}

            library = dict(answers)  # parents are looked up in the raw answers
            for i, above in parents.items():
                if any(answers[p] == 0 for p in above if p != 0):
                    library[i] = 0.0
            assert dsg_scores(answers, parents, "one_level") == library

            readme = dict(answers)  # and here in what is being overwritten
            for i, above in parents.items():
                if any(readme[p] == 0 for p in above if p != 0):
                    readme[i] = 0.0
            assert dsg_scores(answers, parents, "in_order") == readme

            tree = nx.DiGraph([(p, i) for i, above in parents.items() for p in above if p != 0])
            failed = {i for i, answer in answers.items() if answer == 0}
            fallen = failed | {i for i in answers if i in tree and nx.ancestors(tree, i) & failed}
            assert dsg_scores(answers, parents) == {i: 0.0 if i in fallen else 1.0 for i in answers}

    def test_no_questions_is_0_as_published(self) -> None:
        assert dsg_score({}, {}) == 0

    def test_an_unknown_zeroing_is_named(self) -> None:
        with pytest.raises(ValueError, match="unknown zeroing 'half'"):
            dsg_scores({1: 1}, {}, "half")

    @given(questions())
    def test_it_ends_on_whatever_a_file_has_and_each_kind_takes_more(self, asked: tuple[dict, dict]) -> None:
        scores = {zeroing: dsg_scores(*asked, zeroing) for zeroing in ZEROINGS}
        for question, answer in asked[0].items():
            lowest, one_level, in_order, raw = (scores[zeroing][question] for zeroing in ZEROINGS)
            assert lowest <= in_order <= one_level <= raw == answer

    @given(questions())
    def test_all_yes_is_1_and_all_no_0(self, asked: tuple[dict, dict]) -> None:
        answers, parents = asked
        for zeroing in ZEROINGS:
            assert dsg_score(dict.fromkeys(answers, 1), parents, zeroing) == 1
            assert dsg_score(dict.fromkeys(answers, 0), parents, zeroing) == 0

    @given(questions(), st.data())
    def test_one_more_no_never_helps(self, asked: tuple[dict, dict], data: st.DataObject) -> None:
        answers, parents = asked
        worse = answers | {data.draw(st.sampled_from(sorted(answers))): 0}
        for zeroing in ZEROINGS:
            assert dsg_score(worse, parents, zeroing) <= dsg_score(answers, parents, zeroing)

    @given(questions(), st.randoms(use_true_random=False))
    def test_the_order_of_the_file_matters_to_in_order_alone(self, asked: tuple[dict, dict], rng: object) -> None:
        answers, parents = asked
        ids = sorted(answers)
        rng.shuffle(ids)
        turned = {i: answers[i] for i in ids}, {i: parents[i] for i in ids}
        for zeroing in ("transitive", "one_level", "none"):
            assert dsg_scores(*turned, zeroing) == dsg_scores(answers, parents, zeroing)


class TestTraps:
    """What benchmarks.md section 7 found in DSG-1k."""

    @pytest.mark.parametrize(
        ("cell", "parents"),
        [
            ("0", ()),
            ("1,4", (1, 4)),
            ("5, right", (5,)),  # a word
            ("2,2,3", (2, 3)),  # a repeated parent
            ("0, 3", (3,)),  # the root beside a parent
            ("", ()),
        ],
    )
    def test_cells(self, cell: str, parents: tuple[int, ...]) -> None:
        assert dsg_parents(cell) == parents

    @pytest.mark.parametrize("zeroing", ZEROINGS)
    def test_a_question_that_depends_on_itself_depends_on_nothing(self, zeroing: Zeroing) -> None:
        assert dsg_scores({1: 1, 2: 0}, {1: [1], 2: [2]}, zeroing) == {1: 1, 2: 0}

    def test_a_reference_to_a_later_question(self) -> None:
        assert dsg_scores({1: 1, 2: 0}, {1: [2], 2: [0]}) == {1: 0, 2: 0}

    def test_in_a_cycle_one_no_takes_all(self) -> None:
        cycle = {1: [3], 2: [1], 3: [2]}
        assert dsg_score({1: 1, 2: 1, 3: 1}, cycle) == 1
        for failed in cycle:
            assert dsg_score({1: 1, 2: 1, 3: 1} | {failed: 0}, cycle) == 0
        assert dsg_scores({1: 0, 2: 1, 3: 1}, cycle, "one_level") == {1: 0, 2: 0, 3: 1}

    @pytest.mark.parametrize("zeroing", ZEROINGS)
    def test_a_parent_that_was_never_asked_has_not_failed(self, zeroing: Zeroing) -> None:
        assert dsg_scores({2: 1, 3: 1}, {2: [1], 3: [1]}, zeroing) == {2: 1, 3: 1}


CROPS = ({1: 1, 2: 1, 3: 1, 4: 1, 5: 1}, {1: 0, 2: 1, 3: 1, 4: 1, 5: 1})
CATEGORIES = {1: "entity", 2: "attribute", 3: "attribute", 4: "entity", 5: "relation"}


class TestDPG:
    def test_an_image_is_the_mean_of_its_crops(self) -> None:
        # 5 of 5, and 1 of 5 after zeroing.
        assert dpg_image(CROPS, PARENTS) == pytest.approx(0.6)
        assert dpg_image(CROPS, PARENTS, "corrected") == pytest.approx(0.6)

    def test_published_misses_grandchildren_that_come_first_and_corrected_does_not(self) -> None:
        crop, parents = [{3: 1, 2: 1, 1: 0}], {3: [2], 2: [1], 1: [0]}
        assert dpg_image(crop, parents) == 1 / 3
        assert dpg_image(crop, parents, "corrected") == 0

    def test_categories_are_the_last_crops_answers_not_zeroed_and_corrected_all_zeroed(self) -> None:
        # In the last crop there is no motorcycle, but the relation of the motorcycle counts.
        published = dpg_categories(CROPS, PARENTS, CATEGORIES)
        assert published == {"entity": [0, 1], "attribute": [1, 1], "relation": [1]}
        corrected = dpg_categories(CROPS, PARENTS, CATEGORIES, "corrected")
        assert corrected == {"entity": [1, 1, 0, 1], "attribute": [1, 1, 0, 0], "relation": [1, 0]}

    def test_the_first_row_of_the_file_is_skipped_and_corrected_is_not(self) -> None:
        assert dpg_rows(["a", "b", "c"]) == ["b", "c"]
        assert dpg_rows(["a", "b", "c"], "corrected") == ["a", "b", "c"]

    def test_a_failed_sheet_leaves_the_mean_but_shows_in_the_coverage(self) -> None:
        assert dpg_score([1.0, None]) == (1.0, 0.5)
        assert isnan(dpg_score([None]).mean)
        assert dpg_score([None]).coverage == 0
