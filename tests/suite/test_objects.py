"""What `spatial-objects` promises: its texts say what its graphs ask for, and its contrasts are minimal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rlrig_eval.assets import suites_dir
from rlrig_eval.scene import equivalent, parse
from rlrig_eval.suite import Prompt, Suite, load, objects
from rlrig_eval.suite.split_files import FILES


@pytest.fixture(scope="module", params=("test", "dev"))
def suite(request: pytest.FixtureRequest) -> Suite:
    return load(f"{objects.SUITE}:{request.param}")


def of_structure(suite: Suite, name: str) -> list[list[Prompt]]:
    groups: dict[str, list[Prompt]] = {}
    for prompt in suite.prompts:
        if f"structure:{name}" in prompt.tags:
            groups.setdefault(prompt.group, []).append(prompt)
    return list(groups.values())


def test_the_command_writes_the_committed_bytes(tmp_path: Path) -> None:
    objects.main(["--seed", "11", "--out", str(tmp_path)])
    for file in FILES.values():
        assert (tmp_path / file).read_bytes() == (suites_dir() / objects.SUITE / file).read_bytes()


def test_a_text_reads_as_its_own_graph(suite: Suite) -> None:
    for prompt in suite.prompts:
        assert equivalent(parse(prompt.text), prompt.graph), prompt.text


def test_a_frame_is_all_that_differs_between_the_two_lefts(suite: Suite) -> None:
    for group in of_structure(suite, "frames"):
        asked = [p for p in group if "paraphrase" not in p.tags]
        stated = Counter((p.graph.relations[0].predicate, p.graph.relations[0].frame) for p in asked)
        assert stated == Counter((side, frame) for side in ("left of", "right of") for frame in ("viewer", "object"))
        assert len({p.graph.entities for p in asked}) == 1


def test_what_is_nearer_stands_to_a_side(suite: Suite) -> None:
    for group in of_structure(suite, "depth"):
        for prompt in group:
            told = {relation.predicate for relation in prompt.graph.canonical_relations()}
            assert told == {"in front of", "left of"}


def test_in_on_under_and_above_are_held_against_each_other(suite: Suite) -> None:
    for group in of_structure(suite, "support"):
        told = [tuple((r.predicate, r.negated) for r in prompt.graph.relations) for prompt in group]
        hovering = (("above", False), ("touching", True))
        assert told[:4] == [(("inside", False),), (("under", False),), (("on", False),), hovering]
        assert all("unlikely" in prompt.tags for prompt in group[4:] if "twin" not in prompt.tags)


def test_touching_is_held_against_near_without_touching(suite: Suite) -> None:
    for group in of_structure(suite, "touching"):
        touching, apart = (prompt.graph.relations for prompt in group[:2])
        assert (touching[-1].predicate, touching[-1].negated) == ("touching", False)
        assert [(r.predicate, r.negated) for r in apart[-2:]] == [("near", False), ("touching", True)]
        assert touching[:-1] == apart[:-2]  # the side, where one is said


def test_every_question_has_a_twin(suite: Suite) -> None:
    assert all((prompt.twin is None) == ("paraphrase" in prompt.tags) for prompt in suite.prompts)


def test_no_shape_of_the_shapes_world_is_left() -> None:
    assert not {"circle", "ring", "cross", "star", "triangle", "square"} & {
        entity.category for prompt in load(objects.SUITE).prompts for entity in prompt.graph.entities
    }
