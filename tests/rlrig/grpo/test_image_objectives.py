"""Losses of a flow step: their gradients by hand, the law of the ratio, the exact KL, DiffusionNFT's directions."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from rlrig.grpo.kernel import step
from rlrig.grpo.objectives import clipped, dppo, gaussian_kl, nft, ratio_norm

D, STD = 64, 0.3


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def logp(x, mean, std=STD):
    return Normal(mean, std).log_prob(x).mean(1)


def ones(value, n=4):
    return torch.full((n,), float(value))


def test_the_logarithm_of_the_ratio_has_mean_minus_half_kappa_and_spread_root_kappa_over_d():
    """20,000 draws: standard error of the mean .7 % of its value, of the spread .5 %; 2 % is allowed."""
    shift = 0.2 * STD * normal(1, D, seed=1)
    kappa = float((shift**2).mean() / STD**2)
    mean = torch.zeros(20_000, D)
    x = mean + STD * normal(20_000, D)
    found = logp(x, mean + shift) - logp(x, mean)
    assert found.std().item() == pytest.approx(math.sqrt(kappa / D), rel=0.02)
    assert found.mean().item() == pytest.approx(-kappa / 2, abs=0.02 * math.sqrt(kappa / D))


def test_ratio_norm_is_centred_on_one():
    """log r = mean_d(z Delta), of mean 0: within 4 standard errors of 20,000 draws."""
    mean, shift = torch.zeros(20_000, D), 0.5 * STD * normal(1, D, seed=1)
    x = mean + STD * normal(20_000, D)
    std = torch.tensor(STD).reshape(1, 1)
    made = ratio_norm(logp(x, mean + shift), logp(x, mean), mean + shift, mean, std, ones(1, 20_000), -0.1, clip=1.0)
    logs = made.ratio.log()
    assert abs(logs.mean().item()) < 4 * logs.std().item() / math.sqrt(20_000)
    z = (x - mean) / STD
    torch.testing.assert_close(logs, (z * shift).mean(1), atol=1e-5, rtol=1e-3)


def test_ratio_norm_divides_by_the_length_of_the_step():
    mean = torch.zeros(4, D)
    at = logp(mean + 0.1, mean)
    made = ratio_norm(at, at, mean, mean, torch.tensor(STD), ones(2), torch.tensor(-0.25))
    assert made.loss.tolist() == pytest.approx([-8.0] * 4)


@pytest.mark.parametrize("advantage", [1.5, -2.0])
def test_the_gradient_at_ratio_1_is_that_of_the_log_probability(advantage):
    mean = normal(4, D, seed=1).requires_grad_()
    x = mean.detach() + STD * normal(4, D)
    new = logp(x, mean)
    clipped(new, new.detach(), ones(advantage)).loss.sum().backward()
    torch.testing.assert_close(mean.grad, -advantage * (x - mean.detach()) / (STD**2 * D))


@pytest.mark.parametrize(
    ("advantage", "log_ratio", "free"), [(1, 0.1, False), (1, -0.1, True), (-1, 0.1, True), (-1, -0.1, False)]
)
def test_a_sample_that_has_moved_far_enough_gives_no_gradient(advantage, log_ratio, free):
    new = ones(log_ratio).requires_grad_()
    made = clipped(new, ones(0), ones(advantage), clip=0.05)
    made.loss.sum().backward()
    assert made.clipped.tolist() == [not free] * 4
    assert bool((new.grad != 0).all()) is free
    assert free or new.grad.abs().sum() == 0


def test_advantages_are_clamped_at_5():
    assert clipped(ones(0), ones(0), ones(50)).loss.tolist() == [-5] * 4


@pytest.mark.parametrize(
    ("advantage", "shift", "dropped"), [(1, 0.05, True), (-1, 0.05, False), (1, 1e-5, False), (-1, -0.05, True)]
)
def test_dppo_drops_what_is_far_and_would_go_further(advantage, shift, dropped):
    """The sample lies above the old mean, so a mean that rises makes it likelier."""
    old = torch.zeros(4, D)
    mean, x = (old + shift).requires_grad_(), old + STD
    made = dppo(logp(x, mean), logp(x, old), mean, old, torch.tensor(STD), ones(advantage))
    made.loss.sum().backward()
    assert made.clipped.tolist() == [dropped] * 4
    assert bool((mean.grad != 0).any()) is not dropped


def test_kl_is_that_of_the_normals_and_carries_gradient():
    mean, reference = normal(4, D).requires_grad_(), normal(4, D, seed=1)
    found = gaussian_kl(mean, reference, torch.tensor(STD))
    truth = kl_divergence(Normal(mean, STD), Normal(reference, STD)).mean(1)
    torch.testing.assert_close(found, truth)
    found.sum().backward()
    assert mean.grad.abs().sum() > 0


def test_kl_is_0_at_equality_and_quadratic():
    mean = normal(4, D).requires_grad_()
    assert gaussian_kl(mean, mean.detach(), torch.tensor(STD)).tolist() == [0] * 4
    once, twice = (gaussian_kl(mean, mean.detach() + far, torch.tensor(STD)) for far in (0.1, 0.2))
    torch.testing.assert_close(twice, 4 * once)


def test_kl_without_gradient_is_refused():
    """Flow-Factory computed it under no_grad, so that its beta did nothing (#122)."""
    v = normal(4, D).requires_grad_()
    with torch.no_grad():
        mean = step(normal(4, D, seed=1), v, 0.8, 0.6, normal(4, D, seed=2)).mean
    with pytest.raises(RuntimeError, match="no gradient"):
        gaussian_kl(mean, torch.zeros(4, D), torch.tensor(STD))


def nft_gradient(advantage, b=1.0, v=None):
    old = normal(4, D, seed=3)
    v = (old if v is None else v).clone().requires_grad_()
    clean, noise, sigma = normal(4, D, seed=4), normal(4, D, seed=5), torch.tensor([0.9, 0.7, 0.5, 0.3])
    nft(v, old, clean, noise, sigma, ones(advantage), b).sum().backward()
    x_hat = (1 - sigma[:, None]) * clean + sigma[:, None] * (noise - old)
    return v.grad, sigma[:, None], x_hat, clean


def test_nft_does_nothing_at_r_one_half():
    assert nft_gradient(0.0)[0].abs().max().item() == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(("advantage", "direction"), [(5.0, 1), (-5.0, -1)])
def test_nft_pulls_towards_a_good_sample_and_pushes_from_a_bad_one(advantage, direction):
    """Descent moves v by -grad, and x_hat = x_t - t v by t grad: along clean - x_hat where r = 1."""
    gradient, sigma, x_hat, clean = nft_gradient(advantage)
    along = (sigma * gradient * (clean - x_hat)).sum(1)
    assert bool((direction * along > 0).all())


def test_the_gradient_of_nft_at_the_old_policy_does_not_depend_on_b():
    torch.testing.assert_close(nft_gradient(3.0, b=1.0)[0], nft_gradient(3.0, b=0.1)[0], rtol=1e-4, atol=1e-7)


def test_nft_stays_near_the_reference():
    v, old = normal(4, D).requires_grad_(), normal(4, D)
    plain = nft(v, old, normal(4, D, seed=1), normal(4, D, seed=2), ones(0.5), ones(0))
    held = nft(v, old, normal(4, D, seed=1), normal(4, D, seed=2), ones(0.5), ones(0), v_ref=old + 1, beta=0.1)
    torch.testing.assert_close(held - plain, ones(0.1))
