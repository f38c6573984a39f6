"""The optimiser's side: the average, the warm-up, one tick of each an update."""

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from rlrig.grpo.config import Optimiser
from rlrig.grpo.learner import Learner
from rlrig_eval.errors import RunError


@pytest.fixture(scope="module")
def accelerator():
    return Accelerator(cpu=True)


def learner(**options):
    p = nn.Parameter(torch.tensor([1.0, -2.0]))
    return p, Learner({"p": p}, Optimiser(weight_decay=0, **options))


def test_the_average_is_exponential_with_a_warm_up(accelerator):
    """d = min((1 + n) / (10 + n), ema), n from 0: x <- d x + (1 - d) p, once an update."""
    p, made = learner(lr=0.1, ema=0.25)
    expected = p.detach().clone()
    for number in range(6):
        (p * torch.tensor([1.0, 3.0])).sum().backward()
        made.update(accelerator)
        decay = min((1 + number) / (10 + number), 0.25)
        expected = decay * expected + (1 - decay) * p.detach()
        torch.testing.assert_close(made.average()["p"], expected)


def test_micro_batches_do_not_tick_the_average(accelerator):
    p, made = learner(lr=0.1)
    for _ in range(3):
        (p.sum() / 3).backward()
    made.update(accelerator)
    assert made.state()["average"]["optimization_step"] == 1


def test_the_learning_rate_warms_up(accelerator):
    p, made = learner(lr=0.4, warmup=4)
    rates = []
    for _ in range(6):
        rates.append(made.optimiser.param_groups[0]["lr"])
        p.sum().backward()
        made.update(accelerator)
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_stops_the_run_and_touches_no_weight(accelerator, value):
    p, made = learner(lr=0.1)
    (p * value).sum().backward()
    with pytest.raises(RunError, match="gradient"):
        made.update(accelerator)
    assert p.tolist() == [1.0, -2.0]


def test_averaged_weights_are_there_within_and_gone_after(accelerator):
    p, made = learner(lr=0.1)
    for _ in range(3):
        p.sum().backward()
        made.update(accelerator)
    before, average = p.detach().clone(), made.average()["p"]
    with made.averaged():
        torch.testing.assert_close(p.detach(), average)
    assert torch.equal(p.detach(), before)
    assert not torch.equal(before, average)


def test_its_state_goes_on_as_if_nothing_had_happened(accelerator):
    def steps(p, made, count):
        for _ in range(count):
            (p**2).sum().backward()
            made.update(accelerator)

    p, straight = learner(lr=0.1, warmup=3)
    steps(p, straight, 6)
    q, first = learner(lr=0.1, warmup=3)
    steps(q, first, 3)
    r, second = learner(lr=0.1, warmup=3)
    second.load(first.state())
    steps(r, second, 3)
    assert torch.equal(p, r)
    assert torch.equal(straight.average()["p"], second.average()["p"])
