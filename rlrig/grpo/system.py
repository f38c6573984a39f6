"""The parts of one run, loaded: who draws, who rewards, who is trained, who is held out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlrig.backends.flow import FlowDiffuser, KontextEditor
from rlrig.backends.load import choices, load_actor, open_editor, require_trained
from rlrig.backends.vlm import VLM, VLMActor, VLMChecker
from rlrig.grpo.config import Config, Phase
from rlrig.grpo.flow_policy import KontextPolicy
from rlrig.grpo.outcomes import Outcome
from rlrig.grpo.phases import ActorPhase, EditorPhase
from rlrig.grpo.reward_server import RewardServer
from rlrig.grpo.rewards import soft_share
from rlrig.grpo.rollout import ActorRollout, EditorRollout
from rlrig.grpo.token_policy import ActorPolicy
from rlrig.presets import Preset
from rlrig.roles import Actor, Diffuser
from rlrig_eval.errors import UsageError

HeldOut = Callable[[Sequence[Outcome]], list[float]]
"""Rewards in [0, 1] of a judge that nothing is trained on."""


@dataclass(frozen=True)
class System:
    """`actor` writes greedily and `editor` samples by ODE, as the loop does, each with what was trained of it."""

    preset: Preset
    diffuser: Diffuser
    checker: VLMChecker
    actor: Actor
    editor: KontextEditor
    phases: dict[Phase, ActorPhase | EditorPhase]
    held_out: HeldOut | None


def load_system(config: Config, first: Phase, held_out: HeldOut | None = None) -> System:
    """Load what `config` names and put the adapters on.

    The Checker is the frozen base, adapters off. Raises UsageError when a checkpoint cannot be read, or the system has
    a setting that cannot be trained with.
    """
    preset, phases = config.preset(), config.phases(first)
    require_trained(preset)
    _require_trainable(preset, phases)
    device, dtype = preset.device, preset.checker.dtype
    diffuser = FlowDiffuser.from_pretrained(preset.diffuser.checkpoint, preset.diffuser.sampling, device)
    pipeline = open_editor(preset)
    editor = KontextEditor(pipeline, preset.editor.sampling)
    trained = dict[Phase, ActorPhase | EditorPhase]()
    base = VLM.from_pretrained(preset.checker.checkpoint, device, dtype)
    if "actor" in phases:
        t = config.actor
        tokens = ActorPolicy.on(
            base,
            preset.actor_adapter,
            t.lora.rank,
            t.lora.alpha,
            t.lora.targets,
            t.temperature,
            t.max_tokens,
            config.seed,
            choices(preset),
        )
        checker, actor = VLMChecker(tokens.vlm), VLMActor(tokens.vlm, new_tokens=t.max_tokens, choices=choices(preset))
        trained["actor"] = ActorPhase(t, ActorRollout(tokens, editor, checker, t.edits, preset.loop), tokens)
    else:
        checker, actor = VLMChecker(base), load_actor(preset)
    if "editor" in phases:
        e = config.editor
        flow = KontextPolicy(pipeline, e.sampling(preset.editor.sampling))
        flow.adapt(e.lora.rank, e.lora.alpha, e.lora.targets, config.seed)
        if e.gradient_checkpointing:
            pipeline.transformer.enable_gradient_checkpointing()
        rollout = EditorRollout(flow, actor, checker, e.kind, e.noise, preset.loop, e.objective == "nft")
        trained["editor"] = EditorPhase(e, rollout, flow)
    return System(preset, diffuser, checker, actor, editor, trained, held_out or _judge(config, preset, base))


def _require_trainable(preset: Preset, phases: Sequence[Phase]) -> None:
    if preset.checker.server is not None:
        raise UsageError(
            f"system {preset.name}: checker.server: the Checker that rewards is loaded here, so that its weights can "
            "be asserted not to move; leave it out, or let a reward_server reward"
        )
    drawing, editing = preset.diffuser.sampling, preset.editor.sampling
    if drawing.size != editing.size:
        raise UsageError(
            f"system {preset.name}: the Diffuser draws at {drawing.size} pixels and the editor at {editing.size}, "
            "but an edit is compared with what it was made of: give both one size"
        )
    for name in ("offload", "device_map"):
        if "editor" in phases and getattr(editing, name) is not None:
            raise UsageError(
                f"system {preset.name}: editor.sampling.{name}: an editor that is trained lies on one device"
            )
    if "editor" in phases and editing.arguments:
        raise UsageError(
            f"system {preset.name}: editor.sampling.arguments: rollouts do not know {', '.join(editing.arguments)}, "
            "and the loop would edit otherwise than what is trained"
        )
    for name in ("loras", "denoiser"):
        if "editor" in phases and getattr(editing, name):
            raise UsageError(
                f"system {preset.name}: editor.sampling.{name}: would be put on what is exported once more; train "
                "a checkpoint that has it already"
            )


def _judge(config: Config, preset: Preset, rewarding: VLM) -> HeldOut | None:
    """Where it is a checkpoint, in the precision of the Checker: at full size twice that may not fit beside it.

    Raises UsageError where it has the weights of the Checker, which rewards.
    """
    judge = config.evaluation.judge
    if judge is None:
        return None
    if judge.server is not None:
        return RewardServer(**judge.server.model_dump())
    judging = VLM.from_pretrained(judge.checkpoint or "", preset.device, preset.checker.dtype)
    if judging.fingerprint() == rewarding.fingerprint():
        raise UsageError(
            f"evaluation.judge.checkpoint: {judge.checkpoint} has the weights of the Checker, whose reward is what is "
            "trained on; a judge that is held out is another model"
        )
    asked = VLMChecker(judging)

    def shares(outcomes: Sequence[Outcome]) -> list[float]:
        requirements = [outcome.after.requirements for outcome in outcomes]
        answers = asked.check([outcome.after.image for outcome in outcomes], requirements)
        return [soft_share(*each) for each in zip(requirements, answers, strict=True)]

    return shares
