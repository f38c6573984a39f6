"""Token losses against what trl's GRPOTrainer gave once, in value and gradient: without trl, or with a newer one."""

import json
from pathlib import Path

import pytest
import torch

from rlrig.grpo.objectives import token_loss

RECORDED = json.loads(Path(__file__).with_name("trl.json").read_text())


@pytest.mark.parametrize("case", RECORDED["cases"])
def test_loss_and_gradient_are_those_that_were_recorded(case):
    given = {name: torch.tensor(value) for name, value in RECORDED["inputs"].items()}
    told = RECORDED["cases"][case]
    logp = given["logp"].requires_grad_()
    loss = token_loss(
        logp,
        given["old_logp"],
        given["advantages"],
        given["mask"],
        told["kind"],
        ref_logp=given["ref_logp"],
        max_length=logp.shape[1],
        **told["options"],
    )
    loss.backward()
    # Nine digits of float32, the same sums in another order.
    torch.testing.assert_close(loss.detach(), torch.tensor(told["loss"]), rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(logp.grad, torch.tensor(told["gradient"]), rtol=1e-5, atol=1e-7)
    assert logp.grad.abs().max() > 1e-3
