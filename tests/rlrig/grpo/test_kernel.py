"""The flow step against its published forms, its density, and the marginals that it must keep."""

import math
from itertools import pairwise

import pytest
import torch

from rlrig.grpo.kernel import step
from rlrig_eval.errors import UsageError

SHAPE = (4, 3, 5)


def drawn(seed=0):
    made = torch.Generator().manual_seed(seed)
    return [torch.randn(SHAPE, generator=made) for _ in range(3)]


def test_flow_is_the_expression_of_flow_grpo():
    x, v, z = drawn()
    s, after, a = 0.8, 0.6, 0.7
    dt, g2 = after - s, a**2 * s / (1 - s)
    mean = x * (1 + g2 * dt / (2 * s)) + v * (1 + g2 * (1 - s) / (2 * s)) * dt
    torch.testing.assert_close(step(x, v, s, after, z, "flow", a).mean, mean, rtol=1e-6, atol=1e-6)


def test_dance_is_the_expression_of_dance_grpo():
    x, v, z = drawn()
    s, after, a = 0.8, 0.6, 0.3
    score = -(x - (1 - s) * (x - s * v)) / s**2
    mean = x + v * (after - s) - a**2 / 2 * score * (after - s)
    torch.testing.assert_close(step(x, v, s, after, z, "dance", a).mean, mean, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("s", "after", "a"), [(1.0, 0.9, 0.8), (0.8, 0.6, 0.8), (0.3, 0.1, 0.5)])
def test_cps_mixes_what_is_predicted_with_noise_of_the_next_level(s, after, a):
    """IamCreateAI/FlowCPS: std is s' sin(a pi / 2), and the squares of what carries noise sum to s'^2."""
    x, v, z = drawn()
    made = step(x, v, s, after, z, "cps", a)
    std = after * math.sin(a * math.pi / 2)
    kept = math.sqrt(after**2 - std**2)
    assert made.std.item() == pytest.approx(std, rel=1e-6)
    torch.testing.assert_close(made.mean, (1 - after) * (x - s * v) + kept * (x + (1 - s) * v), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["flow", "dance"])
def test_without_noise_it_is_euler(kind):
    x, v, z = drawn()
    torch.testing.assert_close(step(x, v, 0.8, 0.6, z, kind, 0.0).x_next, step(x, v, 0.8, 0.6, kind="ode").x_next)


def test_the_first_step_is_finite_with_std_a():
    x, v, z = drawn()
    made = step(x, v, 1.0, 0.9, z, "flow", 0.7)
    assert made.std.item() == pytest.approx(0.7, rel=1e-5)
    torch.testing.assert_close(made.mean, x * (1 - 0.7**2 / 2) + v * (0.9 - 1.0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["flow", "dance"])
def test_logp_is_that_of_the_normal(kind):
    x, v, z = drawn()
    made = step(x, v, 0.8, 0.6, z, kind, 0.7)
    truth = torch.distributions.Normal(made.mean, made.std).log_prob(made.x_next).flatten(1).mean(1)
    torch.testing.assert_close(made.logp, truth)


def test_logp_of_cps_is_minus_the_squared_error():
    x, v, z = drawn()
    made = step(x, v, 0.8, 0.6, z, "cps", 0.8)
    torch.testing.assert_close(made.logp, -((made.x_next - made.mean) ** 2).flatten(1).mean(1))


@pytest.mark.parametrize("kind", ["flow", "dance", "cps"])
def test_a_replay_has_ratio_exactly_1_unless_the_latents_were_stored_in_bfloat16(kind):
    x, v, z = drawn()
    made = step(x, v, 0.8, 0.6, z, kind, 0.7)
    assert torch.equal(step(x, v, 0.8, 0.6, kind=kind, a=0.7, x_next=made.x_next).logp, made.logp)
    rounded = step(x, v, 0.8, 0.6, kind=kind, a=0.7, x_next=made.x_next.bfloat16())
    assert not torch.equal(rounded.logp, made.logp)


def test_the_gradient_reaches_the_velocity_in_sampling_as_in_replay():
    x, v, z = drawn()
    one, other = v.clone().requires_grad_(), v.clone().requires_grad_()
    made = step(x, one, 0.8, 0.6, z)
    made.logp.sum().backward()
    step(x, other, 0.8, 0.6, x_next=made.x_next.detach()).logp.sum().backward()
    assert one.grad.abs().sum() > 0
    assert torch.equal(one.grad, other.grad)


@pytest.mark.parametrize(
    ("kind", "a", "std", "room"),
    [("flow", 0.7, 0.400, 0.005), ("dance", 0.3, 0.397, 0.005), ("ode", 0.0, 0.396, 0.005)],
)
def test_marginals_of_gaussian_data_are_kept(kind, a, std, room):
    """Exact velocity for N(1.5, .4^2), 200 steps; 200k draws: standard error of the mean .0009, of the std .0006."""
    made = torch.Generator().manual_seed(0)
    m, c, n = 1.5, 0.4, 200
    x = torch.randn(200_000, 1, generator=made)
    for s, after in pairwise([*torch.linspace(1, 1 / n, n).tolist(), 0.0]):
        centred = x - (1 - s) * m
        variance = (1 - s) ** 2 * c**2 + s**2
        v = s / variance * centred - (m + (1 - s) * c**2 / variance * centred)
        last = after == 0 or kind == "ode"
        x = step(
            x, v, s, after, None if last else torch.randn(x.shape, generator=made), "ode" if last else kind, a
        ).x_next
    assert x.mean().item() == pytest.approx(1.5, abs=0.005)
    assert x.std().item() == pytest.approx(std, abs=room)


def test_an_ode_step_and_the_last_of_cps_have_no_density():
    x, v, z = drawn()
    assert step(x, v, 0.8, 0.6, kind="ode").logp is None
    assert step(x, v, 0.8, 0.0, z, "cps").logp is None


def test_each_sample_may_be_at_its_own_sigma():
    x, v, z = drawn()
    s, after = torch.tensor([1.0, 0.8, 0.6, 0.4]), torch.tensor([0.8, 0.6, 0.4, 0.2])
    together = step(x, v, s, after, z)
    for i in range(4):
        alone = step(x[i : i + 1], v[i : i + 1], s[i].item(), after[i].item(), z[i : i + 1])
        torch.testing.assert_close(together.x_next[i : i + 1], alone.x_next)


def test_half_precision_input_is_stepped_in_float32():
    x, v, z = drawn()
    made = step(x.bfloat16(), v.bfloat16(), 0.8, 0.6, z)
    assert {made.x_next.dtype, made.mean.dtype, made.std.dtype, made.logp.dtype} == {torch.float32}


@pytest.mark.parametrize(
    "bad", [{"kind": "flwo"}, {"noise": None}, {"sigma_next": 0.9}, {"v": torch.zeros(1)}, {"sigma": math.nan}]
)
def test_what_does_not_fit_is_refused(bad):
    x, v, z = drawn()
    with pytest.raises(UsageError):
        step(**{"x": x, "v": v, "sigma": 0.8, "sigma_next": 0.6, "noise": z, **bad})
