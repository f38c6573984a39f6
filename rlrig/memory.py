"""What the weights of a whole system take: what lies on the GPU, what waits in main memory."""

from rlrig.presets import Preset
from rlrig_eval.pipelines.memory import need, summary
from rlrig_eval.pipelines.settings import Loading


def plan(preset: Preset) -> list[str]:
    """A line a role, and one on all of them."""
    needs = [need("diffuser", preset.diffuser.checkpoint, preset.diffuser.sampling)]
    told = []
    if preset.shares_pipeline:
        told.append(f"editor: {preset.editor.kind} on the diffuser's own pipeline")
    else:
        needs.append(need("editor", preset.editor.checkpoint, preset.editor.sampling))
    if preset.checker.server is not None:
        told.append(f"checker and actor: {preset.checker.checkpoint} at {preset.checker.server}")
    else:
        loading = Loading(dtype=preset.checker.dtype)
        needs.append(need("checker and actor", preset.checker.checkpoint, loading))
    return [*map(str, needs), *told, summary(needs)]
