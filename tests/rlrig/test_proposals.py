"""What the Actor may write: all that might mend the picture, and nothing against the prompt."""

import numpy as np
import pytest

from rlrig.bundled.proposals import proposals
from rlrig.bundled.repair import repair
from rlrig.bundled.variations import Staged, stage
from rlrig_eval.scene import Requirement, SceneGraph, check, parse
from rlrig_eval.scene.requirements import Counting
from rlrig_eval.shapes import SEEN, truth
from rlrig_eval.suite.wording import word


def failing(seed: int) -> tuple[Staged, list[Requirement]]:
    """A drawn scene that is wrong for its prompt, and what of the prompt it does not show."""
    rng = np.random.default_rng(seed)
    while True:
        staged = stage(rng, SEEN, wrong=1.0)
        verdicts = check(staged.prompt.requirements(), truth(staged.scene))
        if not all(verdicts.values()):
            return staged, [r for r in staged.prompt.requirements() if not verdicts[r.id]]


@pytest.mark.parametrize("seed", range(60))
def test_the_reference_is_among_them(seed: int) -> None:
    staged, failed = failing(seed)
    prompt = staged.prompt
    instruction, _ = repair(prompt, truth(staged.scene), prompt.requirements())
    # Another wording of the prompt: the Actor's is read from its text, whose things have ids of their own.
    text = word(prompt, lambda options: seed % options)
    assert instruction in proposals(text, failed)


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
