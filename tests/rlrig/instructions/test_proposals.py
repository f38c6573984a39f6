"""What the Actor may write: all that might mend the picture, and nothing against the prompt."""

import numpy as np
import pytest

from rlrig.bundled.lessons.variations import stage
from rlrig.instructions.proposals import proposals
from rlrig.instructions.repair import failures, repair
from rlrig_eval.scene import Requirement, SceneGraph, parse
from rlrig_eval.scene.requirements import Counting
from rlrig_eval.shapes import SEEN, truth
from rlrig_eval.suite.wording import word


@pytest.mark.parametrize("seed", range(60))
def test_the_reference_for_each_failure_is_among_those_for_it(seed: int) -> None:
    rng, found = np.random.default_rng(seed), list[Requirement]()
    while not found:
        staged = stage(rng, SEEN, wrong=1.0)
        prompt, scene = staged.prompt, truth(staged.scene)
        found = failures(prompt, scene)
    # Another wording of the prompt: the Actor's is read from its text, whose things have ids of their own.
    text = word(prompt, lambda options: seed % options)
    for failed in found:
        assert repair(prompt, scene, failed) in proposals(text, [failed])


@pytest.mark.parametrize("predicate", ["inside", "around", "in front of", "behind"])
def test_what_is_not_to_overlap_is_moved_away(predicate: str) -> None:
    text = f"a red circle not {predicate} a blue square"
    assert proposals(text, relation_of(text)[1])
    assert all("far from" in said for said in proposals(text, relation_of(text)[1]))


def relation_of(text: str) -> tuple[SceneGraph, list[Requirement]]:
    graph = parse(text)
    return graph, [r for r in graph.requirements() if r.kind == "relation"]


@pytest.mark.parametrize(
    ("prompt", "failed", "expected"),
    [
        (
            "a red star left of a blue cross, and the blue cross above a green ring",
            0,
            [
                "move the red star left of the blue cross",
                "move the blue cross right of the red star",
                "move the blue cross right of the red star and above the green ring",
            ],
        ),
        (
            "a red star between a blue cross and a green ring",
            0,
            ["move the red star between the blue cross and the green ring"],
        ),
        ("a red star not above a blue cross", 0, ["move the red star below the blue cross"]),
    ],
)
def test_a_relation_is_asked_for_as_the_prompt_has_it(prompt: str, failed: int, expected: list[str]) -> None:
    _, relations = relation_of(prompt)
    found = proposals(prompt, [relations[failed]])
    assert set(expected) <= set(found)
    assert not any("right of the blue cross" in text or "below the green ring" in text for text in found)


def test_a_missing_thing_is_added_or_made_of_one_that_nobody_asked_for() -> None:
    prompt = "a red star left of a blue cross"
    exists = parse(prompt).requirements()[0]
    found = proposals(prompt, [exists])
    assert {"add a red star", "add a red star left of the blue cross", "make the green star red"} <= set(found)
    assert "turn the black ring into a red star" in found
    assert not any(text.startswith(("turn the blue cross", "remove")) for text in found)


@pytest.mark.parametrize(("counting", "removed"), [("exact", True), ("at_least", False)])
def test_where_more_are_welcome_nothing_is_removed(counting: Counting, removed: bool) -> None:
    prompt = "two red stars"
    (count,) = [one for one in parse(prompt).requirements(counting) if one.kind == "count"]
    found = proposals(prompt, [count])
    assert "add a red star" in found
    assert any(text.startswith("remove") for text in found) is removed


def test_what_waits_for_another_is_not_asked_for_yet() -> None:
    prompt = "a red star left of a blue cross"
    assert not any(text.startswith("move") for text in proposals(prompt, parse(prompt).requirements()))


def test_nothing_wrong_leaves_nothing_to_say() -> None:
    assert proposals("a red star", []) == []


def test_what_is_not_about_space_is_left_to_the_actor() -> None:
    prompt = "a man wearing a hat, and the man left of a tree"
    wearing, left = (r for r in parse(prompt).requirements() if r.kind == "relation")
    assert proposals(prompt, [wearing]) == []
    assert proposals(prompt, [left])[0] == "move the man left of the tree"
