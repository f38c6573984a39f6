"""The Inverse Diffuser of a preset, of whatever kind."""

from typing import Any

from rlrig.backends.flow import FlowDiffuser, KontextEditor, PipelineEditor
from rlrig.backends.inversion import InversionEditor
from rlrig.presets import Editor
from rlrig.roles import InverseDiffuser
from rlrig_eval.checkpoints import quiet
from rlrig_eval.errors import UsageError
from rlrig_eval.pipelines import open_drawer, open_named
from rlrig_eval.pipelines.painter import takes

_CLASSES = {"qwen-edit": "QwenImageEditPipeline", "instruct-pix2pix": "StableDiffusionInstructPix2PixPipeline"}


def load_editor(editor: Editor, device: str, diffuser: FlowDiffuser | None = None) -> InverseDiffuser:
    """Load what `editor` names, or take the pipeline of a `diffuser` that was loaded alike (`shares`).

    Raises:
        UsageError: the checkpoint cannot be read, or is of a class that this kind of editing does not work on.
    """
    sampling, inversion = editor.sampling, editor.inversion
    if editor.kind == "kontext":
        return KontextEditor.from_pretrained(editor.checkpoint, sampling, device)
    if editor.kind == "qwen-edit":
        name = sampling.pipeline or _CLASSES[editor.kind]
        return PipelineEditor(open_named(name, editor.checkpoint, sampling, device), sampling, {}, solo=True)
    if editor.kind == "instruct-pix2pix":
        pipeline = open_named(_CLASSES[editor.kind], editor.checkpoint, sampling, device)
        return PipelineEditor(pipeline, sampling, {"image_guidance_scale": inversion.image_guidance}, sized=False)
    drawer = open_drawer(editor.checkpoint, sampling, device) if diffuser is None else diffuser.pipeline
    if editor.kind == "sdedit":
        return _sdedit(drawer, editor)
    return InversionEditor(drawer, editor.kind, sampling, inversion)


def _sdedit(drawer: Any, editor: Editor) -> InverseDiffuser:
    """SDEdit (Meng et al. 2021), noise up to `strength` and draw from there, by the pipeline's image-to-image class."""
    import diffusers

    name = type(drawer).__name__
    # By name, for diffusers' table of such classes imports all of its pipelines.
    chosen = getattr(diffusers, name.replace("Pipeline", "Img2ImgPipeline"), None)
    if chosen is None:
        raise UsageError(f"no SDEdit with a {name}: diffusers has no image-to-image class for it")
    with quiet():
        pipeline = chosen.from_pipe(drawer, dtype=drawer.dtype)
    pipeline.set_progress_bar_config(disable=True)
    more = {"strength": editor.inversion.strength}
    return PipelineEditor(pipeline, editor.sampling, more, sized="width" in takes(pipeline))
