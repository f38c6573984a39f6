"""From a preset to the four roles."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rlrig.backends.bases import require_base
from rlrig.presets import Preset
from rlrig.roles import Actor, Checker, Diffuser, InverseDiffuser
from rlrig_eval import assets, weights
from rlrig_eval.checkpoints import locate, quiet
from rlrig_eval.errors import UsageError, first_line

if TYPE_CHECKING:
    from rlrig.backends.flow import FlowDiffuser
    from rlrig.backends.vlm import Choices

ActorKind = Literal["vlm", "random"]
"""Who asks for edits: the Actor, or its control that draws lots."""

_MERGED = "merged"


def load_roles(preset: Preset, actor: ActorKind = "vlm") -> tuple[Diffuser, Checker, Actor, InverseDiffuser]:
    """Load what `preset` names. UsageError when a checkpoint cannot be read."""
    from rlrig.backends.flow import FlowDiffuser

    require_trained(preset)
    for checkpoint in (preset.diffuser.checkpoint, preset.editor.checkpoint, *_local(preset)):
        weights.require(locate(checkpoint))  # told at once, not after the first has been loaded for minutes
    diffuser = FlowDiffuser.from_pretrained(preset.diffuser.checkpoint, preset.diffuser.sampling, preset.device)
    editor = _editor(preset, diffuser if preset.shares_pipeline else None)
    return diffuser, *_readers(preset, actor), editor


def load_hands(preset: Preset) -> tuple[Actor, InverseDiffuser]:
    """The Actor and the Inverse Diffuser alone, for controls that nobody checks."""
    require_trained(preset)
    return load_actor(preset), _editor(preset, None)


def _readers(preset: Preset, actor: ActorKind) -> tuple[Checker, Actor]:
    """Who looks and who writes; on one copy of the weights where both are the same model in this process."""
    if actor == "random" or not preset.editor.takes_orders or preset.checker.server is not None:
        return load_checker(preset), load_actor(preset, actor)
    from rlrig.backends.vlm import load_both

    return load_both(
        preset.checker.checkpoint,
        preset.actor_adapter,
        choices=choices(preset),
        **length(preset),
        device=preset.device,
        dtype=preset.checker.dtype,
    )


def _editor(preset: Preset, diffuser: "FlowDiffuser | None") -> InverseDiffuser:
    from rlrig.backends.editors import load_editor
    from rlrig.backends.flow import KontextEditor

    if preset.editor_adapter is not None:
        return KontextEditor(open_editor(preset), preset.editor.sampling)
    return load_editor(preset.editor, preset.device, diffuser)


def _local(preset: Preset) -> tuple[str, ...]:
    return () if preset.checker.server else (preset.checker.checkpoint,)


def require_trained(preset: Preset) -> None:
    """Raise UsageError when `rl` asks for a bundled adapter that there is not, or one was trained on other weights."""
    asked = {"actor": preset.trained.actor, "editor": preset.trained.editor}
    for phase, adapter in asked.items():
        if preset.rl not in (phase, "both") or adapter is None or not adapter.startswith(assets.BUNDLED):
            continue
        if adapter.removeprefix(assets.BUNDLED) not in assets.checkpoints():
            raise UsageError(f"rl {preset.rl}: there is no {adapter}; `rlrig grpo {phase}` trains it")
    if preset.editor_adapter is not None:
        require_base(preset.editor_adapter, preset.editor.checkpoint)
    if preset.actor_adapter is not None and preset.editor.takes_orders:
        require_base(preset.actor_adapter, preset.checker.checkpoint)


def load_checker(preset: Preset) -> Checker:
    """The Checker alone, the base without any adapter: best-of-n picks with the very one that RL-RIG uses."""
    if preset.checker.server is not None:
        from rlrig.backends.remote import RemoteChecker, Server

        return RemoteChecker(Server(preset.checker.checkpoint, preset.checker.server))
    from rlrig.backends.vlm import VLMChecker

    return VLMChecker.from_pretrained(preset.checker.checkpoint, device=preset.device, dtype=preset.checker.dtype)


def load_actor(preset: Preset, kind: ActorKind = "vlm") -> Actor:
    """The preset's Actor, or the one that draws lots; of an editor that takes no orders, the one that restates.

    Raises:
        UsageError: a checkpoint that cannot be read, or a server that cannot be used.
    """
    if kind == "random":
        from rlrig.backends.random_actor import RandomActor

        return RandomActor()
    if not preset.editor.takes_orders:
        from rlrig.backends.restate import RestatingActor

        return RestatingActor()
    if preset.checker.server is not None:
        from rlrig.backends.remote import RemoteActor, Server

        return RemoteActor(Server(preset.checker.checkpoint, preset.checker.server), **length(preset))
    from rlrig.backends.vlm import VLMActor

    return VLMActor.from_pretrained(
        preset.checker.checkpoint,
        adapter=preset.actor_adapter,
        choices=choices(preset),
        **length(preset),
        device=preset.device,
        dtype=preset.checker.dtype,
    )


def length(preset: Preset) -> dict[str, int]:
    """Where the preset cuts instructions off, for an Actor to be built with; nothing where the Actor's own will do."""
    return {} if preset.actor.max_tokens is None else {"new_tokens": preset.actor.max_tokens}


def choices(preset: Preset) -> "Choices | None":
    """What the Actor may write; None where it may write anything."""
    if preset.actor.sentences == "any":
        return None
    from rlrig.instructions.proposals import proposals

    return proposals


def open_editor(preset: Preset) -> Any:
    """The editor's pipeline, with the trained LoRA, where `rl` asks for it, merged into its transformer.

    Raises UsageError when the checkpoint or the adapter cannot be read, or they do not fit each other.
    """
    from rlrig.backends.flow import open_kontext

    if preset.editor.kind != "kontext":
        raise UsageError(
            f"preset {preset.name}: Reflection-GRPO trains editors of kind kontext, not {preset.editor.kind}"
        )
    pipeline = open_kontext(preset.editor.checkpoint, preset.editor.sampling, preset.device)
    return pipeline if preset.editor_adapter is None else merge(pipeline, preset.editor_adapter)


def merge(pipeline: Any, adapter: str | Path) -> Any:
    """The pipeline with a LoRA (a folder or bundled:NAME) merged into its transformer.

    Raises UsageError when the adapter cannot be read, or does not fit.
    """
    from diffusers.loaders.lora_base import LORA_WEIGHT_NAME_SAFE

    try:
        with quiet():
            pipeline.load_lora_weights(locate(adapter), weight_name=LORA_WEIGHT_NAME_SAFE, adapter_name=_MERGED)
            pipeline.transformer.fuse_lora(adapter_names=[_MERGED])
            pipeline.transformer.unload_lora()
    except Exception as problem:  # its loaders raise a dozen kinds; all mean that this adapter is no use here
        onto = pipeline.config._name_or_path
        raise UsageError(f"{adapter}: cannot be put on {onto}: {first_line(problem)}") from problem
    return pipeline
