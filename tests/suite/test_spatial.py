"""What `spatial` promises: enough groups of each kind, drawable contrasts, and an order whose head stands for all."""

from __future__ import annotations

from collections import Counter

import pytest

from rlrig_eval.scene import VOCABULARY, equivalent
from rlrig_eval.shapes import split, unseen
from rlrig_eval.suite import Prompt, Suite, load
from rlrig_eval.suite.spatial import implied
from rlrig_eval.suite.structures import PREDICATES
from rlrig_eval.suite.tags import derived

SPLITS = ("test", "dev")


@pytest.fixture(scope="module", params=SPLITS)
def suite(request: pytest.FixtureRequest) -> Suite:
    return load(f"spatial:{request.param}")


@pytest.fixture(scope="module")
def test_split() -> Suite:
    return load("spatial")


def originals(suite: Suite) -> list[Prompt]:
    return [prompt for prompt in suite.prompts if not {"twin", "paraphrase"} & set(prompt.tags)]


def test_there_are_enough_groups_of_each_kind(test_split: Suite) -> None:
    groups = originals(test_split)
    tags = Counter(tag for prompt in groups for tag in prompt.tags)
    assert len(groups) >= 240
    assert tags["unseen"] >= 50
    assert tags["k=3"] + tags["k=4"] >= 100  # the comparison that DESIGN section 8 fixes in advance
    assert min(tags[f"k={k}"] for k in (1, 2, 3, 4)) >= 30
    assert min(tags[name] for name in ("negated", "counted", "multi-hop", "structure:ordering")) >= 16
    assert Counter(p.tags.count("paraphrase") for p in test_split.prompts)[1] == 2 * 40
    assert len(originals(load("spatial:dev"))) == 60


def test_every_relation_of_the_shapes_world_is_asked_for(suite: Suite) -> None:
    asked = {relation.predicate for prompt in suite.prompts for relation in prompt.graph.relations}
    assert asked == {*PREDICATES, "between"}


def test_neither_direction_of_an_axis_is_the_safer_guess(test_split: Suite) -> None:
    said = Counter(r.predicate for p in test_split.prompts for r in p.graph.relations if not r.negated)
    for predicate in PREDICATES:
        assert said[predicate] / said[VOCABULARY[predicate].inverse or predicate] == pytest.approx(1, abs=0.25)


def test_every_prompt_has_its_group_and_its_twin(suite: Suite) -> None:
    by_id = {prompt.id: prompt for prompt in suite.prompts}
    for prompt in originals(suite):
        twin = by_id[f"{prompt.id}-t"]
        assert (prompt.twin, twin.twin) == (twin.id, prompt.id)
        assert prompt.group == twin.group == prompt.id
        assert len(twin.graph.relations) == len(prompt.graph.relations)
        assert twin.graph.entities == prompt.graph.entities
        assert not equivalent(twin.graph, prompt.graph)


def test_paraphrases_say_the_same_in_other_words(suite: Suite) -> None:
    by_id = {prompt.id: prompt for prompt in suite.prompts}
    for prompt in suite.prompts:
        if "paraphrase" in prompt.tags:
            assert equivalent(prompt.graph, by_id[prompt.group].graph)
            assert prompt.text != by_id[prompt.group].text
    assert len({prompt.text for prompt in suite.prompts}) == len(suite.prompts)


def test_prompts_stay_in_their_bucket_and_unseen_means_held_out(suite: Suite) -> None:
    for prompt in suite.prompts:
        assert split(prompt.graph) == suite.split
        assert ("unseen" in prompt.tags) == unseen(prompt.graph)
        assert set(derived(prompt.graph, "shapes")) <= set(prompt.tags)


def test_no_relation_follows_from_the_others(suite: Suite) -> None:
    assert [prompt.id for prompt in suite.prompts if implied(prompt.graph)] == []


def test_the_head_has_every_stratum_in_about_its_share(test_split: Suite) -> None:
    head, whole = (
        Counter(tag for prompt in prompts for tag in prompt.tags)
        for prompts in (test_split.prompts[:64], test_split.prompts)
    )
    strata = [tag for tag in whole if tag.startswith(("k=", "structure:")) or tag in ("seen", "unseen", "twin")]
    for tag in strata:
        # Two groups each way: a group is two prompts or four, and comes whole.
        assert head[tag] == pytest.approx(64 * whole[tag] / len(test_split.prompts), abs=5), tag


def test_twins_stand_side_by_side(suite: Suite) -> None:
    place = {prompt.id: number for number, prompt in enumerate(suite.prompts)}
    assert all(place[f"{prompt.id}-t"] == place[prompt.id] + 1 for prompt in originals(suite))
