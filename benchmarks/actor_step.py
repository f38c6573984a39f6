"""One learning step of the Actor against the trainer of trl: the same small VLM, the same pictures, the same tokens.

What was written is given to both, so that neither is timed for sampling: what is compared is the loss, its gradient and
the optimiser's step. Both must agree on the loss before the clock runs.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Contest, Result, calling, hold

MOST = 1.0
APART = 1e-3
"""What the two losses may differ by."""


def run(samples: int = 16, rounds: int = 12) -> list[Result]:
    """One comparison on `samples` instructions of up to 24 tokens."""
    import torch

    torch.set_num_threads(1)  # a second thread would measure what else runs on the machine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries' own matters
        with TemporaryDirectory(prefix="rlrig-benchmark-") as scratch:
            ours, peer = sides(samples, scratch)
            one, other = ours(), peer()
            if abs(one - other) > APART * max(1.0, abs(one)):
                raise AssertionError(f"the two steps disagree on the loss: {one:.5f} and {other:.5f}")
            contest = Contest(
                name=f"Actor, a learning step on {samples} instructions",
                ours="token_loss and AdamW on the LoRA",
                peer="trl's GRPOTrainer on the same tokens",
                unit="step",
                units=1,
                our_turn=calling(ours),
                peer_turn=calling(peer),
                most=MOST,
            )
            return [hold(contest, rounds)]


def sides(samples: int, scratch: str) -> tuple[Callable[[], float], Callable[[], float]]:
    """The two steps on the same instructions: each learns once and returns its loss; trl may write to `scratch`."""
    import torch

    policy, made = _written(samples)
    advantages = torch.randn(samples, generator=torch.Generator().manual_seed(0))
    theirs = copy.deepcopy(policy.model)
    return _our_step(policy, made, advantages), _trl_step(theirs, policy.vlm.processor, made, advantages, scratch)


def _written(samples: int) -> tuple[Any, Any]:
    """A policy with a fresh LoRA on the bundled VLM, and what it wrote for as many drawings."""
    import numpy as np

    from rlrig.backends.vlm import VLM
    from rlrig.grpo.config import LANGUAGE_TARGETS
    from rlrig.grpo.starts import shapes_prompt
    from rlrig.grpo.token_policy import ActorPolicy
    from rlrig_eval.shapes import layout, render

    policy = ActorPolicy.on(VLM.from_pretrained("bundled:vlm"), None, 16, 32, LANGUAGE_TARGETS)
    asked = [shapes_prompt(0)(number) for number in range(samples)]
    images = [render(layout(one.graph, np.random.default_rng(0), attempts=400)) for one in asked]
    failed = [one.graph.requirements()[-1:] for one in asked]
    return policy, policy.sample(images, [one.text for one in asked], failed, seed=0)


def _our_step(policy: Any, made: Any, advantages: Any) -> Callable[[], float]:
    import torch

    from rlrig.grpo.objectives import token_loss

    with torch.no_grad():
        old = policy.logp(made)
    optimiser = torch.optim.AdamW(list(policy.parameters().values()), lr=1e-9)  # the loss shall stay what it is

    def step() -> float:
        loss = token_loss(
            policy.logp(made), old, advantages, made.mask, "dapo", 0.2, 0.28, total=float(made.mask.sum())
        )
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return float(loss.detach())

    return step


def _trl_step(model: Any, processor: Any, made: Any, advantages: Any, scratch: str) -> Callable[[], float]:
    import torch
    import trl
    from datasets import Dataset
    from PIL import Image

    arguments = trl.GRPOConfig(
        output_dir=scratch,
        use_cpu=True,
        report_to=[],
        per_device_train_batch_size=len(made.texts),
        num_generations=len(made.texts),
        max_completion_length=made.tokens.shape[1],
        epsilon=0.2,
        epsilon_high=0.28,
        loss_type="dapo",
        bf16=False,
    )
    asked = [{"prompt": [{"role": "user", "content": "x"}], "image": Image.new("RGB", (64, 64))}]
    trainer = trl.GRPOTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(asked * len(made.texts)),
        processing_class=processor,
        reward_funcs=lambda **_: [0.0],
    )
    trainer.current_gradient_accumulation_steps = 1
    given = {
        "prompt_ids": made.prompts["input_ids"],
        "prompt_mask": made.prompts["attention_mask"],
        "completion_ids": made.tokens,
        "completion_mask": made.mask,
        "advantages": advantages,
        "num_items_in_batch": made.mask.sum(),
        "num_images": [1] * len(made.texts),
        "pixel_values": made.prompts["pixel_values"],
        "image_grid_thw": made.prompts["image_grid_thw"],
    }
    if "mm_token_type_ids" in made.prompts:
        kinds = made.prompts["mm_token_type_ids"]
        given["mm_token_type_ids"] = torch.cat([kinds, kinds.new_zeros(made.tokens.shape)], 1)
    optimiser = torch.optim.AdamW([p for p in trainer.model.parameters() if p.requires_grad], lr=1e-9)

    def step() -> float:
        loss = trainer._compute_loss(trainer.model, given)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return float(loss.detach())

    return step
