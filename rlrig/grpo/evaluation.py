"""How good the Actor and the editor are by now: one round on failed pictures of the dev split, as the loop does it."""

from collections.abc import Sequence

from rlrig.grpo.config import Config
from rlrig.grpo.credit import Scorer
from rlrig.grpo.monitors import REWARD, mean, watch
from rlrig.grpo.outcomes import Outcome, Start
from rlrig.grpo.rollout import instructions, look, texts_for
from rlrig.grpo.seeds import derive
from rlrig.grpo.starts import dev_prompts, dev_starts
from rlrig.grpo.system import System


def dev_pictures(config: Config, system: System) -> list[Start]:
    """The failed pictures that `config` evaluates on, each as often as it is edited."""
    e, s = config.evaluation, system
    prompts = dev_prompts(e.suite, e.prompts, config.seed, config.structures)
    starts = dev_starts(prompts, s.diffuser, s.checker, config.seed, s.preset.loop)
    return [start for start in starts for _ in range(e.edits)]


def evaluate(system: System, starts: Sequence[Start], seed: int) -> dict[str, float]:
    """What the monitors see, greedy instructions and ODE edits from fixed noise; as `reward_PHASE` what each phase is
    trained on; `held_out` where there is a judge.

    Raises RuntimeError when the Checker's weights have moved, RunError when a reward server or judge does not answer.
    """
    system.checker.assert_frozen()
    written = instructions(system.actor, starts, system.preset.loop, seed)
    seeds = [derive(seed, i, 1) for i in range(len(starts))]  # not those that the pictures were drawn from
    texts = texts_for(system.preset.loop, starts, written)
    pictures = system.editor.edit([start.image for start in starts], texts, seeds)
    after = look(system.checker, starts, pictures)
    outcomes = [Outcome(*each) for each in zip(starts, after, written, strict=True)]
    found = watch(outcomes)
    for name, phase in system.phases.items():
        found[f"{REWARD}{name}"] = Scorer.of(phase.training).mean(outcomes)
    if system.held_out is not None:
        found["held_out"] = mean(system.held_out(outcomes))
    return found
