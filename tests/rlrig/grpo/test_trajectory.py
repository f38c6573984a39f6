"""A rollout: an SDE window in an ODE path, every sigma once, and a replay that is the rollout again."""

import pytest
import torch

from rlrig.grpo.trajectory import replay, sample
from rlrig_eval.errors import UsageError

SIGMAS = (1.0, 0.8, 0.55, 0.3, 0.1, 0.0)


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def velocity(x, s):
    return torch.sin(x) + s


@pytest.mark.parametrize("window", [(), (0,), (0, 1), (1, 2, 3), (0, 1, 2, 3)])
def test_every_sigma_is_visited_once_and_unrounded(window):
    seen = []

    def watched(x, s):
        seen.append(s)
        return velocity(x, s)

    sample(watched, drawn(2, 3), SIGMAS, window, drawn(len(window), 2, 3, seed=1), "flow", 0.7)
    assert seen == list(SIGMAS[:-1])  # floats as given: DanceGRPO's int(1000 s) would not be


def test_only_the_window_is_random():
    x, noise, other = drawn(2, 3), drawn(1, 2, 3, seed=1), drawn(1, 2, 3, seed=2)
    still = sample(velocity, x, SIGMAS, (), noise[:0], "flow", 0.7)
    assert torch.equal(still.final, sample(velocity, x, SIGMAS, (), other[:0], "dance", 0.1).final)
    assert not torch.equal(
        sample(velocity, x, SIGMAS, (1,), noise, "flow", 0.7).final,
        sample(velocity, x, SIGMAS, (1,), other, "flow", 0.7).final,
    )


@pytest.mark.parametrize("kind", ["flow", "dance", "cps"])
def test_a_replay_has_the_recorded_log_probability_and_mean(kind):
    made = sample(velocity, drawn(4, 3), SIGMAS, (0, 2), drawn(2, 4, 3, seed=1), kind, 0.7)
    for k in range(2):
        again = replay(velocity, made, k)
        assert torch.equal(again.logp, made.logp[k])
        assert torch.equal(again.mean, made.mean[k])


def test_records_are_float32_whatever_the_model_computes_in():
    def half(x, s):
        return velocity(x.bfloat16(), s)

    made = sample(half, drawn(2, 3), SIGMAS, (0,), drawn(1, 2, 3, seed=1), "flow", 0.7)
    assert {made.x.dtype, made.x_next.dtype, made.mean.dtype, made.logp.dtype, made.final.dtype} == {torch.float32}
    assert torch.equal(replay(half, made, 0).logp, made.logp[0])  # the model's rounding is repeated


@pytest.mark.parametrize("window", [(4,), (2, 1), (1, 1), (-1,)])
def test_a_window_with_the_last_step_or_out_of_order_is_refused(window):
    with pytest.raises(UsageError, match="window"):
        sample(velocity, drawn(2, 3), SIGMAS, window, drawn(2, 2, 3), "flow", 0.7)
