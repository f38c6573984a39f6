"""What `spatial-hard` promises: contradicting twins everywhere, drawable, read back, said in words that parse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from rlrig_eval.scene import VOCABULARY, check, equivalent
from rlrig_eval.shapes import layout, read, render, sample, truth
from rlrig_eval.suite import Prompt, Suite, load
from rlrig_eval.suite.hard.groups import GROUPS, belongs, drawable, group
from rlrig_eval.suite.hard.members import Draw
from rlrig_eval.suite.hard.room import roomy, spacing
from rlrig_eval.suite.hard.rows import rows
from rlrig_eval.suite.hard.structures import STRUCTURES
from rlrig_eval.suite.hard.wordings import PARAPHRASES

STRUCTURED = "structure:"
FOUR = (("red", "circle"), ("blue", "circle"), ("green", "square"), ("black", "ring"))
FIVE = (*FOUR, ("yellow", "star"))


@pytest.fixture(scope="module", params=("test", "dev"))
def suite(request: pytest.FixtureRequest) -> Suite:
    return load(f"spatial-hard:{request.param}")


@pytest.fixture(scope="module")
def whole() -> Suite:
    return load("spatial-hard")


def structure(prompt: Prompt) -> str:
    return next(tag for tag in prompt.tags if tag.startswith(STRUCTURED)).removeprefix(STRUCTURED)


def first_of_groups(suite: Suite) -> Iterator[Prompt]:
    return (prompt for prompt in suite.prompts if prompt.id == prompt.group)


def test_every_cell_has_its_groups(suite: Suite) -> None:
    assert Counter(map(structure, first_of_groups(suite))) == GROUPS[suite.split]


def test_every_question_has_a_twin_that_asks_otherwise_of_the_same_things(suite: Suite) -> None:
    by_id = {prompt.id: prompt for prompt in suite.prompts}
    for prompt in suite.prompts:
        assert (prompt.twin is None) == ("paraphrase" in prompt.tags)
        if prompt.twin is not None:
            twin = by_id[prompt.twin]
            assert twin.twin == prompt.id
            assert twin.group == prompt.group
            assert not equivalent(twin.graph, prompt.graph)
            names = [{(e.category, e.attributes) for e in one.graph.entities} for one in (prompt, twin)]
            assert names[0] == names[1]


@pytest.mark.parametrize("name", STRUCTURES)
def test_no_picture_satisfies_a_question_and_its_twin(name: str) -> None:
    """On scenes of the world with the very things of the question, of which most satisfy neither."""
    rng = np.random.default_rng(5)
    scenes = [sample(rng, 4, FOUR) for _ in range(12)]
    members = (
        m for n in range(4) for m in STRUCTURES[name](Draw(rng, FIVE if name == "five" else FOUR, n, lambda _: True))
    )
    for member in members:
        for scene in scenes:
            both = [check(graph.requirements(), scene) for graph in (member.graph, member.twin)]
            assert not all(all(verdicts.values()) for verdicts in both)


def test_a_group_with_paraphrases_has_three_that_say_the_same(suite: Suite) -> None:
    by_id = {prompt.id: prompt for prompt in suite.prompts}
    told = Counter(prompt.group for prompt in suite.prompts if "paraphrase" in prompt.tags)
    assert set(told.values()) == {PARAPHRASES}
    for prompt in suite.prompts:
        if "paraphrase" in prompt.tags:
            assert equivalent(prompt.graph, by_id[prompt.group].graph)
    assert len({prompt.text for prompt in suite.prompts}) == len(suite.prompts)


def test_what_may_have_been_trained_on_is_in_no_other_bucket(suite: Suite) -> None:
    assert suite.split in ("test", "dev")
    assert all(belongs(prompt.graph, suite.split) for prompt in suite.prompts)


def test_a_drawing_of_touching_is_none_of_its_twin_and_the_other_way_round() -> None:
    """No sampled scene has things that touch, so these are laid out for the purpose."""
    rng = np.random.default_rng(3)
    for number in range(3):
        (member,) = STRUCTURES["touching"](Draw(rng, FOUR, number, lambda _: True))
        for asked, other in ((member.graph, member.twin), (member.twin, member.graph)):
            seen = truth(layout(asked, rng, foresight=20))
            assert all(check(asked.requirements(), seen).values())
            assert not all(check(other.requirements(), seen).values())


def test_five_in_a_row_are_laid_out_at_once() -> None:
    rng = np.random.default_rng(4)
    (member,) = STRUCTURES["five"](Draw(rng, FIVE, 2, lambda _: True))
    laid_out = layout(roomy(member.graph), rng, attempts=3, foresight=3, placement=spacing(member.graph))
    assert all(check(member.graph.requirements(), read(render(laid_out))).values())


def test_a_ladder_has_a_rung_for_every_number_of_relations(whole: Suite) -> None:
    for prompt in first_of_groups(whole):
        if structure(prompt) == "ladder":
            rungs = [p for p in whole.prompts if p.group == prompt.group and "twin" not in p.tags]
            told = [rung.graph.relations for rung in rungs]
            assert [len(relations) for relations in told] == [1, 2, 3, 4, 5, 6]
            assert all(more[:-1] == fewer for fewer, more in pairwise(told))


def test_the_closed_form_asks_for_what_the_minimal_one_implies(whole: Suite) -> None:
    by_id = {prompt.id: prompt for prompt in whole.prompts}
    for prompt in first_of_groups(whole):
        if structure(prompt) == "closure":
            minimal, closed, settled = (by_id[prompt.id + form].graph for form in ("", "-closed", "-open"))
            assert set(minimal.canonical_relations()) < set(closed.canonical_relations())
            (extra,) = settled.canonical_relations() - minimal.canonical_relations()
            assert VOCABULARY[extra.predicate].axis != VOCABULARY[minimal.relations[0].predicate].axis


@pytest.mark.parametrize("name", STRUCTURES)  # a group of each; the command writes all, in 14 s of processor
def test_the_command_writes_the_committed_prompts(name: str, whole: Suite) -> None:
    seed, number = 11, 0
    ids = [prompt.id for prompt in first_of_groups(whole) if structure(prompt) == name]
    committed = [prompt for prompt in whole.prompts if prompt.group == ids[number]]
    assert list(rows(group(seed, "test", name, number), ids[number], "shapes")) == committed


def test_a_sample_of_the_prompts_is_drawn_and_read_back(whole: Suite) -> None:
    rng = np.random.default_rng(0)
    for prompt in whole.prompts[::60]:
        assert any(drawable(prompt.graph, rng) for _ in range(8)), prompt.text
