"""The model whose true score is known: wrong where it says, in exactly one thing, as often as it is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rlrig_eval.extract import Unscored, build
from rlrig_eval.metrics import scene_graph_iou
from rlrig_eval.models import Failure, Job
from rlrig_eval.models.synthetic import Synthetic, mistakes
from rlrig_eval.scene import Entity, Relation, SceneGraph, check, focus, parse
from tests.runs import tiny

PROMPTS = tiny.suite().prompts
noises = st.integers(0, 2**63 - 1)


def job(prompt, noise: int) -> Job:
    return Job(prompt.id, prompt.text, prompt.graph, 0, noise)


def right(prompt, seen: SceneGraph) -> bool:
    return all(check(prompt.graph.requirements(), seen).values())


@settings(max_examples=60, deadline=None)
@given(prompt=st.sampled_from(PROMPTS), noise=noises)
def test_without_errors_every_stated_thing_is_true(prompt, noise: int) -> None:
    assert right(prompt, Synthetic(error_rate=0.0).truth(job(prompt, noise)))


@settings(max_examples=60, deadline=None)
@given(prompt=st.sampled_from(PROMPTS), noise=noises)
def test_with_only_errors_no_picture_is_all_right(prompt, noise: int) -> None:
    assert not right(prompt, Synthetic(error_rate=1.0).truth(job(prompt, noise)))


@given(noise=noises, low=st.floats(0, 1), high=st.floats(0, 1))
def test_what_is_wrong_at_a_low_rate_is_wrong_at_a_higher_one(noise: int, low: float, high: float) -> None:
    low, high = sorted((low, high))
    wrong = [Synthetic(error_rate=rate).mistaken(job(PROMPTS[0], noise)) for rate in (low, high)]
    assert wrong[0] <= wrong[1]


def test_the_rate_is_the_share_of_mistakes() -> None:
    rng = np.random.default_rng(0)
    model = Synthetic(error_rate=0.3)
    wrong = [model.mistaken(job(PROMPTS[0], int(noise))) for noise in rng.integers(0, 2**63, 4000)]
    # Four standard deviations of a mean of 4,000 draws at .3: .029.
    assert abs(np.mean(wrong) - 0.3) < 0.029


def test_a_picture_depends_on_its_own_job_alone() -> None:
    jobs = [job(prompt, noise=7 * n) for n, prompt in enumerate(PROMPTS[:6])]
    model = Synthetic(error_rate=0.5)
    together = model.generate(jobs)
    alone = [model.generate([one])[0] for one in reversed(jobs)][::-1]
    assert [one.tobytes() for one in together] == [one.tobytes() for one in alone]


def test_the_picture_shows_what_the_model_says_it_shows() -> None:
    model, extractor = Synthetic(error_rate=0.5), build("shapes")
    for n, prompt in enumerate(PROMPTS):
        (image,) = model.generate([job(prompt, n)])
        assert right(prompt, extractor.extract(image)) == right(prompt, model.truth(job(prompt, n)))


@pytest.mark.parametrize("kind", ["relation", "colour", "thing"])
def test_each_kind_of_mistake_is_made(kind: str) -> None:
    gold = PROMPTS[0].graph
    found = {
        "relation": [g for g in mistakes(gold, gold) if g.relations and g.relations != gold.relations],
        "colour": [g for g in mistakes(gold, gold) if len(g.entities) == 2 and g.entities != gold.entities],
        "thing": [g for g in mistakes(gold, gold) if len(g.entities) == 1],
    }
    assert found[kind]


def test_a_colour_that_the_prompt_leaves_open_is_nothing_to_get_wrong() -> None:
    plain = SceneGraph(entities=(Entity(id="a", category="circle"), Entity(id="b", category="star")))
    painted = SceneGraph(entities=tuple(e.model_copy(update={"attributes": ("red",)}) for e in plain.entities))
    assert all(len(graph.entities) == 1 for graph in mistakes(painted, plain))


def photo(*predicates: str, count: int = 1) -> SceneGraph:
    dog, cow = Entity(id="a", category="dog", count=count), Entity(id="b", category="cow", attributes=("red",))
    return SceneGraph(
        entities=(dog, cow), relations=tuple(Relation(subject="a", predicate=p, object="b") for p in predicates)
    )


FREE = [("left of",), ("above", "far from"), ("behind", "right of"), ("riding",)]


@pytest.mark.parametrize(
    ("predicates", "count"),
    [*((one, count) for one in FREE for count in (1, 2)), (("on",), 1), (("inside",), 1), (("touching",), 1)],
)
def test_anything_else_is_written_into_its_picture(predicates: tuple[str, ...], count: int) -> None:
    asked = Job("p", "x", photo(*predicates, count=count), 0, 5)
    (drawn,) = Synthetic().generate([asked])
    seen = build("written").extract(drawn)
    assert seen == Synthetic().truth(asked)
    assert all(check(asked.graph.requirements(), seen).values())


@pytest.mark.parametrize(
    "text", ["a cup on a table", "a cup and a plate on a table", "three mugs on a shelf", "five cups on a table"]
)
def test_several_things_on_one_are_drawn_and_whole(text: str) -> None:
    gold = parse(text)
    seen = Synthetic().truth(Job("p", text, gold, 0, 0))
    assert all(check(gold.requirements(), seen).values())
    assert scene_graph_iou(focus(seen, gold), gold).sg == 1.0


def test_a_mistake_outside_the_shapes_world_is_one_too() -> None:
    for noise in range(20):
        asked = Job("p", "x", photo("left of"), 0, noise)
        assert not all(check(asked.graph.requirements(), Synthetic(1.0).truth(asked)).values())


def test_a_picture_of_another_model_has_nothing_written_in_it() -> None:
    with pytest.raises(Unscored, match="nothing is written"):
        build("written").extract(Image.new("RGB", (64, 64)))


def test_more_things_than_there_is_room_for_is_a_failure() -> None:
    crowd = SceneGraph(entities=(Entity(id="a", category="dog", count=40),))
    (drawn,) = Synthetic().generate([Job("p", "forty dogs", crowd, 0, 1)])
    assert isinstance(drawn, Failure)
    assert "40 things" in drawn.reason


def test_what_contradicts_itself_is_a_failure() -> None:
    a, b = (Entity(id=name, category="circle", attributes=(name,)) for name in ("red", "blue"))
    both = tuple(Relation(subject="red", predicate=p, object="blue") for p in ("left of", "right of"))
    graph = SceneGraph(entities=(a, b), relations=both)
    (drawn,) = Synthetic().generate([Job("p", "impossible", graph, 0, 1)])
    assert isinstance(drawn, Failure)
