"""The pieces together on problems with a known answer, and controls that must not learn."""

from itertools import pairwise

import pytest
import torch

from rlrig.grpo.advantages import advantages
from rlrig.grpo.objectives import clipped, nft, token_loss
from rlrig.grpo.trajectory import replay, sample

SPREAD, N, GROUPS, SIZE = 0.4, 8, 16, 8
SIGMAS = [*torch.linspace(1, 1 / N, N).tolist(), 0.0]
IDS = torch.arange(GROUPS).repeat_interleave(SIZE)
FLIPPED, SHUFFLED = "flipped", "shuffled"


def altered(values, control, made):
    if control == FLIPPED:
        return -values
    return values[torch.randperm(len(values), generator=made)] if control == SHUFFLED else values


def bandit(control=None, steps=100):
    """Two arms of reward 0 and 1, one token a completion: the probability of the better one after training."""
    made = torch.Generator().manual_seed(0)
    logits = torch.zeros(2, requires_grad=True)
    optimiser = torch.optim.SGD([logits], lr=0.5)
    for _ in range(steps):
        arms = torch.multinomial(logits.detach().softmax(0), 8, replacement=True, generator=made)
        found = advantages(arms.float(), torch.zeros(8, dtype=torch.long))
        logp = logits.log_softmax(0)[arms][:, None]
        mask = torch.ones(8, 1)
        optimiser.zero_grad()
        token_loss(logp, logp.detach(), altered(found.values, control, made), mask, "grpo").backward()
        optimiser.step()
    return float(logits.detach().softmax(0)[1])


def test_the_token_loss_finds_the_better_arm():
    assert bandit() > 0.95
    assert bandit(FLIPPED) < 0.05
    assert bandit(SHUFFLED) == pytest.approx(0.5, abs=0.25)


class Gaussian:
    """Data N(m, SPREAD^2) with the exact velocity; `m`, from 0, is what is trained."""

    def __init__(self):
        self.m = torch.zeros((), requires_grad=True)

    def __call__(self, x, s):
        variance = (1 - s) ** 2 * SPREAD**2 + s**2
        centred = x - (1 - s) * self.m
        return s / variance * centred - (self.m + (1 - s) * SPREAD**2 / variance * centred)


def flow_bandit(kind, a, control=None, iterations=300, seed=0):
    """Where the mean of the data goes when samples near 2 are rewarded: -(x0 - 2)^2."""
    made, policy = torch.Generator().manual_seed(seed), Gaussian()
    optimiser = torch.optim.Adam([policy.m], lr=0.02)
    window = tuple(range(N - 1))
    for _ in range(iterations):
        x = torch.randn(GROUPS * SIZE, 1, generator=made)
        noise = torch.randn(N - 1, *x.shape, generator=made)
        drawn = sample(policy, x, SIGMAS, window, noise, kind, a)
        found = advantages(-((drawn.final[:, 0] - 2) ** 2), IDS)
        values = altered(found.values, control, made)
        optimiser.zero_grad()
        for k in range(len(window)):
            made_again = replay(policy, drawn, k)
            clipped(made_again.logp, drawn.logp[k], values).loss.mean().backward()
        optimiser.step()
    return float(policy.m.detach())


@pytest.mark.parametrize(
    ("kind", "a", "seed"), [*(("flow", 0.7, seed) for seed in range(5)), ("dance", 0.3, 0), ("cps", 0.8, 0)]
)
def test_a_flow_learns_what_is_rewarded(kind, a, seed):
    assert flow_bandit(kind, a, seed=seed) == pytest.approx(1.9, abs=0.3)


def test_a_flow_with_wrong_advantages_does_not():
    assert flow_bandit("flow", 0.7, FLIPPED, 100) < -0.2
    assert flow_bandit("flow", 0.7, SHUFFLED, 100) == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("b", [1.0, 0.1])
def test_diffusion_nft_learns_without_a_density(b):
    made, policy = torch.Generator().manual_seed(0), Gaussian()
    optimiser = torch.optim.Adam([policy.m], lr=0.02)
    for _ in range(100):
        x = torch.randn(GROUPS * SIZE, 1, generator=made)
        clean = sample(policy, x, SIGMAS, (), x.new_zeros(0), "ode", 0.0).final
        found = advantages(-((clean[:, 0] - 2) ** 2), IDS)
        optimiser.zero_grad()
        for s, _ in pairwise(SIGMAS):
            noise = torch.randn(clean.shape, generator=made)
            v = policy((1 - s) * clean + s * noise, s)
            nft(v, v.detach(), clean, noise, torch.full((len(x),), s), found.values, b).mean().backward()
        optimiser.step()
    assert float(policy.m.detach()) == pytest.approx(2.0, abs=0.4)
