"""What the weights of a whole system take: what lies on the GPU, what waits in main memory."""

from rlrig.presets import Preset
from rlrig_eval.pipelines.memory import Need, need, summary
from rlrig_eval.pipelines.settings import Loading


def plan(preset: Preset) -> list[str]:
    """A line a role, and one on all of them."""
    needs = [need("diffuser", preset.diffuser.checkpoint, preset.diffuser.sampling)]
    told = []
    if preset.shares_pipeline:
        told.append(f"editor: {preset.editor.kind} on the diffuser's own pipeline")
    else:
        needs.append(_editor(preset))
    if preset.checker.server is not None:
        told.append(f"checker and actor: {preset.checker.checkpoint} at {preset.checker.server}")
    needs += readers(preset, "checker and actor")
    return [*map(str, needs), *told, summary(needs)]


def readers(preset: Preset, what: str = "checker") -> list[Need]:
    """What its vision-language model takes, on which Checker and Actor share one copy; nothing on a server."""
    if preset.checker.server is not None:
        return []
    return [need(what, preset.checker.checkpoint, Loading(dtype=preset.checker.dtype))]


def hands(preset: Preset) -> list[Need]:
    """What its editor and Actor take without the rest; an editor that redraws has no Actor with weights."""
    return [_editor(preset), *(readers(preset, "actor") if preset.editor.takes_orders else [])]


def _editor(preset: Preset) -> Need:
    return need("editor", preset.editor.checkpoint, preset.editor.sampling)
