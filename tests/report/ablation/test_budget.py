"""The ablation: best-of-n cut short, equal budgets, headroom."""

from types import SimpleNamespace

import pytest

from rlrig_eval.report.ablation.budget import Candidate, Cut, Operations, chosen, match, mixed
from rlrig_eval.report.ablation.contestants import SINGLE
from rlrig_eval.report.ablation.figures import headroom, images_per_solved, matched


@pytest.mark.parametrize(("cap", "best"), [(1, 0), (2, 1), (3, 1), (4, 3), (9, 3)])
def test_a_cut_answers_with_the_best_of_its_candidates_and_the_earliest_of_equals(cap: int, best: int) -> None:
    seen = [Candidate(0.5, 0.6), Candidate(0.5, 0.7), Candidate(0.5, 0.7), Candidate(1.0, 0.2)]
    assert chosen(seen, cap) == best


def cut(cap: int, cost: float, score: float | None) -> Cut:
    return Cut(cap, {"all_correct": {"p": score, "q": 1.0}}, {"images": {"p": cost, "q": cost}})


CUTS = [cut(1, 1.0, 0.0), cut(2, 1.8, 0.4), cut(3, 2.4, 0.8)]


@pytest.mark.parametrize(
    ("cost", "caps", "share", "score", "short"),
    [
        (0.5, (1, 1), 0, 0.0, False),
        (1.8, (2, 3), 0, 0.4, False),
        (2.1, (2, 3), 0.5, 0.6, False),
        (2.4, (3, 3), 0, 0.8, False),
        (3.0, (3, 3), 0, 0.8, True),
    ],
)
def test_a_control_spends_in_the_mean_what_the_other_spent(cost, caps, share, score, short) -> None:
    found = match(CUTS, "images", cost, ["p", "q"])
    assert (found.caps, found.short) == (caps, short)
    assert found.share == pytest.approx(share)
    assert found.scores["all_correct"]["p"] == pytest.approx(score)
    assert found.scores["all_correct"]["q"] == 1.0


def test_a_prompt_that_one_cut_did_not_score_is_scored_by_none() -> None:
    assert mixed(CUTS[0].scores, cut(2, 2, None).scores, 0.5)["all_correct"] == {"p": None, "q": 1.0}


def test_a_control_spends_as_much_in_every_part_and_not_in_all_of_them_together_alone() -> None:
    ids = "easy", "hard"
    spent = [(1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (1.0, 4.0)]  # best-of-n goes on with the hard prompt alone
    cuts = [
        Cut(k, {"all_correct": dict.fromkeys(ids, k / 10)}, {"images": dict(zip(ids, each, strict=True))})
        for k, each in enumerate(spent, start=1)
    ]
    scores = {"loop": {"all_correct": dict.fromkeys(ids, 1.0)}}
    costs = {"loop": {"images": {"easy": 2.0, "hard": 2.5, "in error in the control": 9.0}}}
    parts = {"all": [*ids, "in error in the control"], "hard": ["hard"], "in neither": ["not drawn"]}
    about = SimpleNamespace(groups={one: one for one in ids})
    found = matched("images", ["loop"], scores, costs, cuts, about, parts)["loop"]
    assert {part: (one["cost"], one["control"]["cost"]) for part, one in found.items()} == {
        "all": (2.25, 2.25),
        "hard": (2.5, 2.5),
    }
    assert found["all"]["control"]["what"] == "best-of-3, and best-of-4 in 50 % of prompts"
    assert found["hard"]["control"]["what"] == "best-of-2, and best-of-3 in 50 % of prompts"
    assert found["hard"]["differences"]["all_correct"]["mean"] == pytest.approx(0.75)


def test_images_of_prompts_that_could_not_be_scored_were_spent_too() -> None:
    costs = {"images": {"a": 1.0, "b": 5.0, "c": 5.0, "d": 4.0}}
    assert images_per_solved(costs, {"all_correct": {"a": 1.0, "b": 1.0, "c": None, "d": 0.0}}) == 7.5
    assert images_per_solved(costs, {"all_correct": {"a": 0.0, "b": None}}) is None


def test_an_edit_costs_the_tokens_of_its_picture_too() -> None:
    flow = {"steps": 10, "true_cfg": 1.0, "max_sequence_length": 48}
    guided = {**flow, "true_cfg": 2.0}
    work = Operations.of({"diffuser": flow, "editor": guided}, size=64)
    assert work.edit == pytest.approx(2 * (48 + 32) / (48 + 16))
    assert work(["draw", "edit", "fresh"]) == pytest.approx(2 + work.edit)


def test_headroom_is_the_share_of_what_lies_between_single_pass_and_truth() -> None:
    def of(*values: float | None) -> dict:
        return {"sg_iou": dict(zip("abc", values, strict=True))}

    scores = {SINGLE: of(0.2, 0.4, 0.0), "x": of(0.5, 0.7, 1.0), "truth through the VAE": of(0.8, 1.0, None)}
    assert headroom(scores, "x", "sg_iou") == pytest.approx(0.5)  # c has no ceiling, so it does not count
    flat = {**scores, "truth through the VAE": scores[SINGLE]}
    assert headroom(flat, "x", "sg_iou") is None
