"""A suite is one thing with one fingerprint, and each picture in it has its own noise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rlrig_eval.errors import UsageError
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import ErrorPolicy, Prompt, Protocol, Suite, candidate_seed, noise_seed
from rlrig_eval.suite.seeds import read_seeds

GRAPH = SceneGraph.from_triples([("red circle", "left of", "blue square")])


def prompt(id_: str, **changes: Any) -> Prompt:
    return Prompt(**({"id": id_, "text": "t", "graph": GRAPH, "group": "g"} | changes))


def suite(**changes: Any) -> Suite:
    sound = {"name": "s", "version": "1", "world": "shapes", "split": "test", "prompts": (prompt("p"),)}
    return Suite(**(sound | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "2"},
        {"split": "dev"},
        {"counting": "at_least"},
        {"protocol": Protocol(seeds=(1,))},
        {"prompts": (prompt("p", text="u"),)},
        {"prompts": (prompt("p", group="h"),)},
        {"prompts": (prompt("p", graph=SceneGraph()),)},
    ],
)
def test_what_decides_scores_changes_the_fingerprint(changes: dict[str, Any]) -> None:
    assert suite(**changes).sha256 != suite().sha256


@pytest.mark.parametrize("changes", [{"description": "d"}, {"error_policy": ErrorPolicy(min_coverage=0.5)}])
def test_what_decides_no_score_leaves_it(changes: dict[str, Any]) -> None:
    assert suite(**changes).sha256 == suite().sha256


def test_the_fingerprint_survives_a_round_trip_through_json() -> None:
    assert Suite.model_validate_json(suite().model_dump_json()).sha256 == suite().sha256


def test_a_suite_built_in_python_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValidationError, match="'p' is already the id of prompt 1"):
        suite(prompts=(prompt("p"), prompt("p")))
    with pytest.raises(ValidationError, match="there is no prompt 'q'"):
        suite(prompts=(prompt("p", twin="q"),))
    with pytest.raises(ValidationError):
        suite(prompts=())


names, seeds = st.text(max_size=8), st.integers(0, 2**31)


@given(st.tuples(names, names, seeds), st.tuples(names, names, seeds))
def test_noise_is_in_range_and_two_pictures_never_share_it(a: tuple, b: tuple) -> None:
    assert 0 <= noise_seed(*a) < 2**63
    assert (noise_seed(*a) == noise_seed(*b)) == (a == b)


@given(st.integers(0, 2**63 - 1), st.integers(0, 50), st.integers(0, 50))
def test_candidates_have_different_noise_and_the_first_is_the_sample(base: int, j: int, k: int) -> None:
    assert candidate_seed(base, 0) == base
    assert 0 <= candidate_seed(base, k) < 2**63
    assert (candidate_seed(base, j) == candidate_seed(base, k)) == (j == k)


def test_noise_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert noise_seed("spatial", "spatial-0001", 0) == NOISE
    assert candidate_seed(NOISE, 1) == CANDIDATE


@pytest.mark.parametrize("text", ["", "a", "-1", "0-", "1,1", "0-3-5", "0-99999999"])
def test_seeds_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--seeds "):
        read_seeds(text)


# Published results were drawn with these: a change of the rule orphans every one of them.
NOISE, CANDIDATE = 1658249409485103933, 6601655788334851856
