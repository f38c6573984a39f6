"""Windows: which steps are random, and that the last one never is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig.grpo import windows
from rlrig.grpo.config import Config
from rlrig_eval.errors import UsageError


@given(st.sampled_from(["all", "first_half", "sliding"]), st.integers(2, 40), st.data())
def test_no_window_holds_the_last_step(kind, steps, data):
    size, iteration = data.draw(st.integers(0, steps - 1)), data.draw(st.integers(0, 10_000))
    window = windows.choose(kind, steps, size, iteration, np.random.default_rng(iteration))
    assert set(window) <= set(range(steps - 1))
    assert list(window) == sorted(set(window))
    assert len(window) == (steps - 1 if kind == "all" else size)


def test_the_random_window_lies_in_the_first_half_and_visits_all_of_it():
    rng = np.random.default_rng(0)
    seen = {windows.first_half(8, 2, rng) for _ in range(200)}
    assert seen == {(0, 1), (1, 2), (2, 3)}


def test_a_window_longer_than_the_half_begins_at_the_first_step():
    assert windows.first_half(8, 6, np.random.default_rng(0)) == (0, 1, 2, 3, 4, 5)


def test_a_sliding_window_moves_by_one_and_begins_again():
    assert [windows.sliding(6, 4, i, every=10) for i in (0, 9, 10, 20)] == [
        (0, 1, 2, 3),
        (0, 1, 2, 3),
        (1, 2, 3, 4),
        (0, 1, 2, 3),
    ]


@pytest.mark.parametrize(("steps", "size"), [(1, 0), (8, 8), (8, -1)])
def test_what_does_not_fit_is_refused(steps, size):
    with pytest.raises(UsageError):
        windows.choose("first_half", steps, size, 0, np.random.default_rng(0))


def test_an_unknown_window_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'sliding'"):
        windows.choose("slidng", 8, 2, 0, np.random.default_rng(0))


@pytest.mark.parametrize("first", ["actor", "editor"])
@pytest.mark.parametrize("alternate", [25, 75])
def test_a_sliding_window_visits_every_place_though_phases_alternate(first, alternate):
    config = Config(name="x", system="shapes", alternate=alternate)
    steps = [step for step in range(600) if config.phase_at(first, step) == "editor"]
    assert [config.own_step(step) for step in steps] == list(range(len(steps)))
    assert len({windows.sliding(8, 2, config.own_step(step)) for step in steps}) == 6
