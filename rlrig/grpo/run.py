"""One training run: its parts, and what of it a checkpoint holds."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from rlrig.grpo.config import SHAPES, Config, Phase, Server
from rlrig.grpo.learner import Learner
from rlrig.grpo.processes import mine
from rlrig.grpo.sharding import shard
from rlrig.grpo.starts import StartSource, dev_prompts, shapes_prompt, suite_prompts
from rlrig.grpo.system import System
from rlrig.grpo.trackers import require
from rlrig.precision import half_precision
from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.errors import UsageError

_WHERE = set(Server.model_fields)
_FREE: Mapping[str, Any] = MappingProxyType(
    {
        **dict.fromkeys(("steps", "minutes", "checkpoint_every", "keep", "device", "trackers"), True),
        "actor": {"reward_server": _WHERE},
        "editor": {"reward_server": _WHERE},
        "evaluation": {"judge": {"server": _WHERE}},
    }
)
"""Settings that may differ between the two halves of a resumed run, for pydantic's `exclude`: how long it takes, and
where a server is that it asks, though not that it asks one."""


@dataclass
class Run:
    """`best` holds the averaged weights of each phase that did best on dev; `seconds` is the time spent in steps."""

    config: Config
    first: Phase
    out: Path
    system: System
    accelerator: Accelerator
    source: StartSource
    learners: dict[Phase, Learner]
    step: int = 0
    seconds: float = 0.0
    evaluations: list[dict[str, Any]] = field(default_factory=list)
    best: dict[Phase, dict[str, Tensor]] = field(default_factory=dict)

    def precision(self) -> AbstractContextManager[Any]:
        """That of rollouts and gradients."""
        return half_precision(self.system.preset.device) if self.config.mixed_precision == "bf16" else nullcontext()

    @property
    def phase(self) -> Phase:
        return self.config.phase_at(self.first, self.step)


def prepare(config: Config, first: Phase, out: Path, system: System) -> Run:
    """A run before its first step.

    Raises UsageError for a tracker that is not there, or what cannot be shared out among the processes.
    """
    if config.prompts == SHAPES:
        prompts = shapes_prompt(config.seed, config.structures)
    else:
        prompts = suite_prompts(config.prompts, config.seed)
    drawing = system.diffuser, system.checker, config.seed, config.draw, system.preset.loop
    source = StartSource(prompts, *drawing, visits=config.visits)
    learners = {
        name: Learner(phase.policy.parameters(), config.training(name).optimiser)
        for name, phase in system.phases.items()
    }
    dev_prompts(config.evaluation.suite, 1, config.seed, config.structures)  # told now, as what follows
    require(config.trackers)
    trackers = list(config.trackers) or None
    accelerator = Accelerator(cpu=system.preset.device == "cpu", log_with=trackers, project_dir=out)
    if config.fsdp:
        if "editor" not in system.phases:
            raise UsageError(
                "fsdp: it is the trained editor's weights that are shared out, and phase 1 trains the Actor"
            )
        shard(system.editor.pipeline.transformer, accelerator)
    for phase in system.phases.values():  # told now, not after the first pictures have been drawn
        mine(accelerator, phase.training.batches, phase.training.optimiser.updates)
    return Run(config, first, out, system, accelerator, source, learners)


def identity(run: Run) -> dict[str, Any]:
    """What two halves of one run share: the settings but for how long, and the checkpoints."""
    parts = run.system.preset.checkpoints
    sampling = run.config.editor.sampling(run.system.preset.editor.sampling)
    return {
        "first phase": run.first,
        **{f"weights of the {part}": weights_hash(checkpoint) for part, checkpoint in parts.items()},
        **_flat(run.config.model_dump(mode="json", exclude={**_FREE, "system": True})),
        "editor.clip": run.config.editor.limit,  # as they work, be they given or not
        "editor.true_cfg": sampling.true_cfg,
        "editor.guidance": sampling.guidance,
        "actor.eps_high": run.config.actor.high,
        **_flat(run.system.preset.model_dump(mode="json", exclude={"device"}), "system."),
    }


def state(run: Run) -> dict[str, Any]:
    """Everything that the next step depends on, as tensors, numbers and text."""
    return {
        "identity": identity(run),
        "step": run.step,
        "seconds": run.seconds,
        "learners": {name: learner.state() for name, learner in run.learners.items()},
        "source": {"position": run.source.position, "buffer": run.source.buffer.state()},
        "evaluations": run.evaluations,
        "best": run.best,
        "rng": torch.get_rng_state(),
    }


def restore(run: Run, saved: Mapping[str, Any]) -> None:
    """Put `run` where the run was that wrote `saved`."""
    run.step, run.seconds = saved["step"], saved["seconds"]
    for name, learner in run.learners.items():
        learner.load(saved["learners"][name])
    run.source.position = saved["source"]["position"]
    run.source.buffer.load(saved["source"]["buffer"])
    run.evaluations, run.best = saved["evaluations"], saved["best"]
    torch.set_rng_state(saved["rng"])


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted name; what is there and holds none is {}."""
    found = dict[str, Any]()
    for name, value in settings.items():
        nested = isinstance(value, Mapping) and value
        found |= _flat(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return found
