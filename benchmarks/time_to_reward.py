"""How long the editor trains until it earns a given reward, by all random steps of a rollout or by a window of them.

The real trainer and the bundled editor; the reward is `similarity`, which is smooth and asks no model, so that a few
steps show it rising. It is measured after every step on the same failed pictures of the dev split, by ODE sampling,
and that measuring is not counted. Rounds differ in their seed; both sides of a round have the same.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.measure import Contest, Cost, Result, Turn, calling, hold

GAIN, PATIENCE = 0.001, 40
"""What is to be gained in similarity, and the most steps that it may take."""
DEV = 12
GROUPS, SIBLINGS, STEPS = 2, 8, 8
PLAIN: Mapping[str, Any] = {"window": "all", "batch_size": SIBLINGS}
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "a window of 2": {"window": "first_half", "window_size": 2, "batch_size": SIBLINGS},
    "a window of 2, both groups in a batch": {"window": "first_half", "window_size": 2, "batch_size": 2 * SIBLINGS},
}


def run(rounds: int = 3) -> list[Result]:
    """Each variant against training on all random steps, one group a batch (Flow-GRPO)."""
    return [
        hold(
            Contest(
                name=f"editor, until similarity is up by {GAIN}: {name}",
                ours=name,
                peer=f"all {STEPS - 1} random steps",
                unit="training",
                units=1,
                our_turn=until_gained(settings),
                peer_turn=until_gained(PLAIN),
            ),
            rounds,
        )
        for name, settings in VARIANTS.items()
    ]


def until_gained(settings: Mapping[str, Any], gain: float = GAIN) -> Turn:
    """A turn that trains until so much is gained and counts its training steps alone; each turn has the next seed.

    Raises RuntimeError when PATIENCE steps do not gain it.
    """
    seeds = count()

    def turn() -> Cost:
        step, earned = training(next(seeds), settings)
        spent, goal = list[Cost](), earned() + gain
        while not spent or earned() < goal:
            if len(spent) == PATIENCE:
                raise RuntimeError(f"{settings}: {PATIENCE} steps have not gained {gain} in similarity")
            spent.append(calling(partial(step, len(spent)))())
        print(f"{len(spent)} steps: {settings}", file=sys.stderr)
        return Cost(sum(cost.wall for cost in spent), sum(cost.processor for cost in spent))

    return turn


def training(seed: int, settings: Mapping[str, Any]) -> tuple[Callable[[int], Any], Callable[[], float]]:
    """A fresh editor under training: to do its i-th step, and what it earns by now."""
    import torch

    from rlrig.grpo import trainer
    from rlrig.grpo.config import Config
    from rlrig.grpo.outcomes import Outcome
    from rlrig.grpo.rewards import similarity
    from rlrig.grpo.rollout import instructions, look, texts_for
    from rlrig.grpo.run import prepare
    from rlrig.grpo.seeds import derive
    from rlrig.grpo.starts import dev_prompts, dev_starts
    from rlrig.grpo.system import load_system

    torch.set_num_threads(1)
    editor = {
        "groups": GROUPS,
        "group_size": SIBLINGS,
        "sampling_steps": STEPS,
        "true_cfg": 1.0,  # unguided: what is compared is the same, in half of the time
        "rewards": {"similarity": 1.0},
        "credit": {"floor": False},
        "optimiser": {"lr": 1e-3},
        **settings,
    }
    config = Config.model_validate({"name": "time to reward", "rl": "none", "seed": seed, "editor": editor})
    system = load_system(config, "editor")
    learning = prepare(config, "editor", Path(tempfile.gettempdir()), system)
    prompts = dev_prompts("spatial:dev", DEV)
    starts = dev_starts(prompts, system.diffuser, system.checker, 0, system.preset.loop)
    written = instructions(system.actor, starts, system.preset.loop, seed=0)
    texts = texts_for(system.preset.loop, starts, written)
    learning.source.take(GROUPS)  # the first pictures are drawn before the clock runs

    def step(number: int) -> None:
        learning.step = number
        trainer.train_step(learning)

    def earned() -> float:
        pictures = system.editor.edit([s.image for s in starts], texts, [derive(0, i) for i in range(len(starts))])
        after = look(system.checker, starts, pictures)
        return fmean(similarity(Outcome(*each)) for each in zip(starts, after, written, strict=True))

    return step, earned
