"""The overall scores of published benchmarks, as published and corrected."""

from __future__ import annotations

import pytest

from rlrig_eval.metrics import GenEvalImage, geneval_scores
from rlrig_eval.metrics.geneval import TAGS
from rlrig_eval.runs.published.totals import totals
from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.suite import Prompt


def one(tag: str, number: int) -> Prompt:
    graph = SceneGraph(entities=(Entity(id="e0", category="lamp"),))
    return Prompt(id=f"{tag}-{number}", text="x", graph=graph, tags=(tag,), group=f"{tag}-{number}")


def test_in_the_overall_score_tags_weigh_the_same_however_many_prompts_they_have() -> None:
    prompts = [one("position", 0), *(one("colors", n) for n in range(3))]
    scores = {"position-0": 0.0, "colors-0": 1.0, "colors-1": 1.0, "colors-2": 0.0}
    found = totals({"geneval.correct": scores, "geneval.correct_corrected": scores}, prompts, images=4, scored={})
    assert found["geneval.overall"]["mean"] == pytest.approx((0 + 2 / 3) / 2)
    assert found["geneval.overall"]["n"] == 4
    assert found["geneval.overall_corrected"]["mean"] is None  # four tags are missing


SIX = [one(tag, 0) for tag in TAGS]


def test_the_corrected_overall_score_is_none_when_a_prompt_has_no_score() -> None:
    prompts = [*SIX, one("position", 1)]
    scores: dict[str, float | None] = {prompt.id: 1.0 for prompt in prompts}
    for missing in (scores | {"position-1": None}, {name: s for name, s in scores.items() if name != "position-1"}):
        metrics = {"geneval.correct": missing, "geneval.correct_corrected": missing}
        found = totals(metrics, prompts, images=4, scored={})
        assert (found["geneval.overall"]["mean"], found["geneval.overall"]["n"]) == (1.0, 6)
        assert found["geneval.overall_corrected"]["mean"] is None
    whole = totals({"geneval.correct_corrected": scores}, prompts, images=4, scored={})
    assert whole["geneval.overall_corrected"]["mean"] == 1.0


def test_the_published_overall_score_is_over_images_and_the_corrected_over_prompts() -> None:
    prompts = [*SIX, one("position", 1)]
    scores: dict[str, float | None] = {prompt.id: 1.0 for prompt in prompts} | {"position-1": 0.0}
    metrics = {"geneval.correct": scores, "geneval.correct_corrected": scores}
    verdicts = {prompt.id: 4 for prompt in prompts} | {"position-0": 1}
    found = totals(metrics, prompts, images=4, scored={}, verdicts=verdicts)
    # One image of five is right: .2, as `geneval_scores` has it; one prompt of two: .5.
    assert found["geneval.overall"]["mean"] == pytest.approx((5 + 0.2) / 6)
    assert found["geneval.overall_corrected"]["mean"] == pytest.approx((5 + 0.5) / 6)
    images = [GenEvalImage(p.tags[0], p.id, bool(scores[p.id])) for p in prompts for _ in range(verdicts[p.id])]
    for variant, total in (("published", "overall"), ("corrected", "overall_corrected")):
        assert found[f"geneval.{total}"]["mean"] == pytest.approx(geneval_scores(images, variant).overall)


def test_the_overall_interval_knows_only_the_spread_within_tags() -> None:
    prompts = [*(one("position", n) for n in range(10)), *(one("colors", n) for n in range(40))]
    scores = {p.id: float(("colors" in p.tags) != p.id.endswith("-0")) for p in prompts}  # 1 of 10, 39 of 40
    low, high = totals({"geneval.correct": scores}, prompts, images=4, scored={})["geneval.overall"]["ci95"]
    # By hand: sqrt(.1 * .9 / 10 + .025 * .975 / 40) / 2 = .049, and 1.96 of it either way; between the tags lie .875.
    assert 0.15 < high - low < 0.28
    whole = totals({"geneval.correct": dict.fromkeys(scores, 1.0)}, prompts, images=4, scored={})["geneval.overall"]
    assert whole["ci95"][0] < whole["mean"] == whole["ci95"][1] == 1.0


def test_wordings_that_are_answered_alike_are_consistent() -> None:
    def worded(group: str, *ids: str) -> list[Prompt]:
        base = one("position", 0)
        told = [base.model_copy(update={"id": group, "group": group, "tags": ()})]
        return told + [base.model_copy(update={"id": i, "group": group, "tags": ("paraphrase",)}) for i in ids]

    prompts = [*worded("a", "a1", "a2"), *worded("b", "b1"), *worded("c", "c1"), *worded("d")]
    correct = {"a": 1.0, "a1": 1.0, "a2": 1.0, "b": 1.0, "b1": 0.0, "c": None, "c1": 1.0, "d": 1.0}
    found = totals({"all_correct": correct}, prompts, images=1, scored={})["paraphrase_consistency"]
    assert (found["mean"], found["n"]) == (0.5, 2)
    assert totals({"all_correct": {"d": 1.0}}, worded("d"), images=1, scored={}) == {}


def test_visor_counts_images_by_prompt() -> None:
    by_metric = {"visor.oa": {"a": 1.0, "b": 0.5, "c": None}, "visor.uncond": {"a": 0.75, "b": 0.25, "c": None}}
    found = {name: total["mean"] for name, total in totals(by_metric, [], images=4, scored={"a": 4, "b": 4}).items()}
    assert found["visor.cond"] == pytest.approx(2 / 3)
    assert [found[f"visor.n{k}"] for k in (1, 2, 3, 4)] == [1.0, 0.5, 0.5, 0.0]


def test_visor_s_conditional_score_is_over_images() -> None:
    """Of a one image is scored, and right; of b four have both objects, and none is right: 1 of 5, and not 1 of 2."""
    by_metric = {"visor.oa": {"a": 1.0, "b": 1.0}, "visor.uncond": {"a": 1.0, "b": 0.0}}
    assert totals(by_metric, [], images=4, scored={"a": 1, "b": 4})["visor.cond"]["mean"] == pytest.approx(0.2)


def test_an_image_that_is_missing_is_not_counted_as_right() -> None:
    """Two of three are right, and one of four was never drawn: two, and not three."""
    by_metric = {"visor.oa": {"a": 1.0}, "visor.uncond": {"a": 2 / 3}}
    found = totals(by_metric, [], images=4, scored={"a": 3})
    assert [found[f"visor.n{k}"]["mean"] for k in (1, 2, 3, 4)] == [1.0, 1.0, 0.0, 0.0]
