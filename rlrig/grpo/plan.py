"""What a run will cost, worked out before it begins."""

from dataclasses import dataclass

from rlrig.grpo.config import Config, EditorTraining, Phase
from rlrig.presets import Preset


@dataclass(frozen=True)
class Plan:
    """Counts a step: `edits` decoded, denoiser evaluations without and with gradient (a picture each), completions,
    optimiser steps; and `batches` of the forward pass."""

    phase: Phase
    groups: int
    group_size: int
    batches: int
    edits: int
    drawn_evals: int
    trained_evals: int
    completions: int
    updates: int

    def lines(self, config: Config, steps: int, batch_seconds: float) -> list[str]:
        """For people. `steps` are those of this phase; `batch_seconds` is what one batch took, one round of it drawn,
        judged and replayed."""
        step = self.batches * config.training(self.phase).rounds * batch_seconds
        hours = steps * step / 3600
        return [
            f"{config.name}, phase {self.phase}, {steps} steps",
            f"groups a step: {self.groups} of {self.group_size}, in {self.batches} batches",
            f"edits a step: {self.edits}, decoded and judged; {self.drawn_evals} denoiser evaluations draw them",
            f"trained on a step: {self.trained_evals} denoiser evaluations, {self.completions} instructions",
            f"optimiser steps: {self.updates} a step, {steps * self.updates} in all",
            f"expected: at least {step:.0f} s a step, {hours:.1f} h in all ({batch_seconds:.1f} s a batch)",
            "(on top: gradients, epochs after the first, starts to draw, evaluations, checkpoints)",
        ]


def plan(config: Config, phase: Phase, preset: Preset) -> Plan:
    """The counts of one step of `phase`."""
    t = config.training(phase)
    samples = t.groups * t.group_size * t.rounds
    updates = t.optimiser.updates * t.optimiser.epochs
    common = {"phase": phase, "groups": t.groups, "group_size": t.group_size, "batches": t.batches, "updates": updates}
    if isinstance(t, EditorTraining):
        guided = 2 if t.sampling(preset.editor.sampling).guided else 1
        trained = t.sampling_steps - 1 if t.window == "all" else t.window_size
        forward = samples * guided * trained * t.optimiser.epochs
        before = samples * guided * trained if t.objective == "nft" else 0  # what the policy that drew them says there
        return Plan(
            **common,
            edits=samples,
            drawn_evals=samples * guided * t.sampling_steps + before,
            trained_evals=forward * (2 if t.beta else 1),  # the reference policy once more
            completions=0,
        )
    edits = samples * t.edits
    return Plan(
        **common, edits=edits, drawn_evals=edits * preset.editor.sampling.evals, trained_evals=0, completions=samples
    )
