"""From a preset to the four roles."""

from rlrig.presets import Preset
from rlrig.roles import Actor, Checker, Diffuser, InverseDiffuser


def load_roles(preset: Preset) -> tuple[Diffuser, Checker, Actor, InverseDiffuser]:
    """Load what `preset` names. UsageError when a checkpoint cannot be read."""
    from rlrig.backends.flow import FlowDiffuser, KontextEditor

    diffuser = FlowDiffuser.from_pretrained(preset.diffuser.checkpoint, preset.diffuser.sampling, preset.device)
    editor = KontextEditor.from_pretrained(preset.editor.checkpoint, preset.editor.sampling, preset.device)
    return diffuser, load_checker(preset), load_actor(preset), editor


def load_checker(preset: Preset) -> Checker:
    """The Checker alone: best-of-n picks with the very one that RL-RIG uses."""
    from rlrig.backends.vlm import VLMChecker

    return VLMChecker.from_pretrained(preset.checker.checkpoint, device=preset.device, dtype=preset.checker.dtype)


def load_actor(preset: Preset) -> Actor:
    from rlrig.backends.vlm import VLMActor

    return VLMActor.from_pretrained(
        preset.checker.checkpoint,
        adapter=preset.actor.adapter,
        device=preset.device,
        dtype=preset.checker.dtype,
    )
