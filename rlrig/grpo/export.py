"""What training leaves: a system that `RLRIGPipeline.from_pretrained` loads, and the adapters by themselves."""

from collections.abc import Mapping
from pathlib import Path

from diffusers import FluxKontextPipeline
from peft.utils import get_peft_model_state_dict
from safetensors import SafetensorError

from rlrig.backends.bases import note_base
from rlrig.backends.load import merge, open_editor
from rlrig.grpo.config import Phase
from rlrig.grpo.flow_policy import ADAPTER, KontextPolicy
from rlrig.grpo.phases import ActorPhase, EditorPhase
from rlrig.grpo.token_policy import TRAINED, ActorPolicy
from rlrig.presets import BESIDE, Preset, Trained, save_preset
from rlrig_eval.checkpoints import quiet
from rlrig_eval.errors import RunError, first_line


def export(out: Path, preset: Preset, phases: Mapping[Phase, ActorPhase | EditorPhase]) -> Path:
    """Write preset.yaml, and beside it what was trained, with the weights as they are; the folder may be moved.

    The editor: `editor-lora` (for `load_lora_weights`) and `editor`, the pipeline with the adapter merged into it.
    The Actor: `actor`, a peft adapter for the Checker's base, which stays untouched.

    Raises RunError when it cannot be written, say on a full disk.
    """
    try:
        return _export(out, preset, phases)
    except (OSError, SafetensorError) as problem:
        raise RunError(
            f"{out}: cannot be written ({first_line(problem)}); the checkpoints are: --resume goes on from there"
        ) from problem


def _export(out: Path, preset: Preset, phases: Mapping[Phase, ActorPhase | EditorPhase]) -> Path:
    actor = preset.actor.model_copy(update={"adapter": preset.actor_adapter})
    changes: dict[str, object] = {"actor": actor, "trained": Trained(), "rl": "none"}
    if "editor" not in phases and preset.editor_adapter is not None:
        changes |= {"trained": Trained(editor=preset.editor_adapter), "rl": "editor"}
    for phase in phases.values():
        if isinstance(phase, EditorPhase):
            with quiet():
                save_editor_lora(phase.policy, out / "editor-lora")
                note_base(out / "editor-lora", preset.editor.checkpoint, preset.editor_adapter)
                plain = open_editor(_whole(preset))
                merge(plain, out / "editor-lora").save_pretrained(out / "editor", safe_serialization=True)
            changes["editor"] = preset.editor.model_copy(update={"checkpoint": f"{BESIDE}editor"})
        else:
            _save_actor(phase.policy, out / "actor")
            note_base(out / "actor", preset.checker.checkpoint)
            told = {"adapter": f"{BESIDE}actor", "max_tokens": phase.training.max_tokens}
            changes["actor"] = preset.actor.model_copy(update=told)
    save_preset(preset.model_copy(update=changes), out)
    return out


def _whole(preset: Preset) -> Preset:
    """The system whose editor is merged: on the CPU, and not shrunk, which is done when it is loaded again."""
    sampling = preset.editor.sampling.model_copy(update={"quantise": None})
    return preset.model_copy(
        update={"device": "cpu", "editor": preset.editor.model_copy(update={"sampling": sampling})}
    )


def save_editor_lora(policy: KontextPolicy, folder: Path) -> None:
    """The editor's adapter, for `load_lora_weights`."""
    lora = get_peft_model_state_dict(policy.transformer, adapter_name=ADAPTER)
    FluxKontextPipeline.save_lora_weights(
        folder,
        transformer_lora_layers=lora,
        transformer_lora_adapter_metadata=policy.transformer.peft_config[ADAPTER].to_dict(),  # alpha, which scales it
    )


def _save_actor(policy: ActorPolicy, folder: Path) -> None:
    policy.model.save_pretrained(folder, selected_adapters=[TRAINED], save_embedding_layers=False)
