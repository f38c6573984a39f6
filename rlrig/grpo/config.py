"""What a run is told, typed; an unknown key is an error."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import numpy as np
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from rlrig.grpo import kernel, windows
from rlrig.grpo.advantages import Baseline, Scale
from rlrig.grpo.objectives import tokens
from rlrig.grpo.rewards import REWARDS
from rlrig.grpo.trackers import Tracker
from rlrig.presets import Preset, Rl, RoleSampling, load_preset
from rlrig_eval.addresses import server_address
from rlrig_eval.errors import UsageError, nearest
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.suite.documents import read_yaml
from rlrig_eval.suite.structures import STRUCTURES

Phase = Literal["actor", "editor"]
PHASES: tuple[Phase, ...] = get_args(Phase)
SHAPES = "shapes"
"""In the place of a suite's name: prompts composed for the run."""

FOLDER = Path(__file__).parent.parent / "presets" / "grpo"
KONTEXT_TARGETS = (
    *(f"attn.{name}" for name in "to_k to_q to_v to_out.0 add_k_proj add_q_proj add_v_proj to_add_out".split()),
    *("ff.net.0.proj", "ff.net.2", "ff_context.net.0.proj", "ff_context.net.2", "proj_mlp"),
)
"""The 13 kinds of layer that Flow-GRPO adapts in FLUX Kontext."""
LANGUAGE_TARGETS = r".*language_model.*(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Server(Frozen):
    """A reward or judge that answers JSON over HTTP (`reward_server`)."""

    url: Annotated[str, AfterValidator(partial(server_address, "reward server", "url"))]
    timeout: Positive = 20.0
    attempts: int = Field(default=3, ge=1)


class Judge(Frozen):
    """Who is asked about the dev pictures and never trained on: a vision-language checkpoint, or a server."""

    checkpoint: str | None = None
    server: Server | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.checkpoint is None) == (self.server is None):
            raise ValueError("a held-out judge is a checkpoint or a server, one of the two")
        return self


class _Lora(Frozen):
    rank: int = Field(default=16, ge=1)
    alpha: Positive = 32.0


class EditorLora(_Lora):
    """`targets` are the ends of layer names."""

    targets: tuple[str, ...] = Field(default=KONTEXT_TARGETS, min_length=1)


class ActorLora(_Lora):
    """Of a fresh adapter; one that the system names keeps its own. `targets`: a regular expression over layer names."""

    targets: str = Field(default=LANGUAGE_TARGETS, min_length=1)


class Optimiser(Frozen):
    """AdamW after a linear warm-up. A step's samples are split over `updates` optimiser steps, `epochs` times over."""

    lr: Positive = 3e-4
    betas: tuple[Share, Share] = (0.9, 0.999)
    weight_decay: float = Field(default=1e-4, ge=0)
    eps: Positive = 1e-8
    warmup: int = Field(default=0, ge=0)
    max_grad_norm: Positive = 1.0
    ema: Share = 0.9
    updates: int = Field(default=1, ge=1)
    epochs: int = Field(default=1, ge=1)


class Credit(Frozen):
    """How rewards become advantages. `over` a turn by itself, or a trajectory whose measures go to all of its turns."""

    scale: Scale = "group"
    baseline: Baseline = "mean"
    floor: bool = True
    combine: Literal["sum", "gdpo"] = "sum"
    over: Literal["turn", "trajectory"] = "turn"
    trajectory: dict[Literal["peak", "retention", "efficiency"], float] = Field(default={"peak": 1.0})

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if self.over == "trajectory" and not any(self.trajectory.values()):
            raise ValueError("nothing to learn from: trajectory gives none of its measures a weight")
        weighty = {measure for measure, weight in self.trajectory.items() if weight}
        if self.over == "trajectory" and self.floor and weighty == {"retention"}:
            raise ValueError("nothing to learn from: no retention is above that of doing nothing; set floor: false")
        return self


class _Training(Frozen):
    """What both phases share: `groups` of `group_size` siblings a step, `batch_size` of them in one forward pass."""

    groups: int = Field(default=8, ge=1)
    group_size: int = Field(default=8, ge=2)
    batch_size: int = Field(default=16, ge=1)
    rounds: int = Field(default=1, ge=1)
    rewards: dict[str, float] = Field(default={"requirements_soft": 1.0})
    reward_server: Server | None = None
    reward_server_weight: Positive = 1.0
    beta: float = Field(default=0.0, ge=0)
    credit: Credit = Credit()
    optimiser: Optimiser = Optimiser()

    @model_validator(mode="after")
    def _whole_groups(self) -> Self:
        samples = self.groups * self.group_size
        if self.batch_size % self.group_size:
            raise ValueError(
                f"batch_size {self.batch_size} is not a multiple of group_size {self.group_size}: "
                "a group is drawn and replayed in one batch"
            )
        if samples % self.batch_size:
            raise ValueError(
                f"{self.groups} groups of {self.group_size} do not divide into batches of {self.batch_size}"
            )
        if samples // self.batch_size % self.optimiser.updates:
            raise ValueError(
                f"{samples // self.batch_size} batches do not divide into optimiser.updates = {self.optimiser.updates}"
            )
        if not any(self.rewards.values()) and self.reward_server is None:
            raise ValueError("nothing to learn from: rewards gives none a weight, and there is no reward_server")
        unknown = next((name for name in self.rewards if name not in REWARDS), None)
        if unknown is not None:
            raise ValueError(f"unknown reward {unknown!r}: {nearest(unknown, REWARDS)}")
        if self.credit.combine == "gdpo" and (self.credit.floor or self.credit.baseline == "start"):
            raise ValueError("gdpo normalises each reward by itself: it has neither a floor nor a start baseline")
        if self.credit.combine == "gdpo" and self.credit.over == "trajectory":
            raise ValueError("gdpo and trajectory credit cannot be combined")
        return self

    @property
    def batches(self) -> int:
        """Forward batches in a step, of all processes together."""
        return self.groups * self.group_size // self.batch_size


CLIPS = {"clipped": 1e-4, "ratio_norm": 2e-6, "dppo": 1e-5, "nft": None}
"""What Flow-GRPO, GRPO-Guard and UniRL clip at; DiffusionNFT has no ratio."""
CPS_CLIP = 1e-5
"""What Flow-GRPO-Fast clips at where it draws by CPS, whose "logp" is of another scale than that of a density."""


class EditorTraining(_Training):
    """Phase 2. `sampling_steps` is for rollouts, the system's own for evaluation; so are `true_cfg` and `guidance`,
    which are the system's own where they are not given; `noise` is `a` of the kernel; `clip` is that of the objective
    (`CLIPS`, of CPS's ratio `CPS_CLIP`) unless it is given. `nft_b` begins to matter with a step's second optimiser
    step: at the policy that drew the edits the gradient is the same for every b."""

    lora: EditorLora = EditorLora()
    sampling_steps: int = Field(default=8, ge=2)
    true_cfg: float | None = Field(default=None, ge=1)
    guidance: float | None = None
    kind: kernel.Kind = "flow"
    noise: Positive = 0.7
    window: windows.Kind = "first_half"
    window_size: int = Field(default=2, ge=1)
    objective: Literal["clipped", "ratio_norm", "dppo", "nft"] = "clipped"
    clip: Positive | None = None
    nft_b: Positive = 1.0
    gradient_checkpointing: bool = False

    @model_validator(mode="after")
    def _noisy(self) -> Self:
        if self.kind == "ode" and self.objective != "nft":
            raise ValueError("an ode rollout has no density to train on; for DiffusionNFT set objective: nft")
        if self.kind == "cps" and self.objective == "ratio_norm":
            raise ValueError("ratio_norm centres the ratio of two densities, and what cps has is none: take kind: flow")
        windows.choose(self.window, self.sampling_steps, self.window_size, 0, np.random.default_rng(0))
        return self

    def sampling(self, own: RoleSampling) -> RoleSampling:
        """How rollouts sample, in a system whose editor samples as `own` says."""
        given = {"steps": self.sampling_steps, "true_cfg": self.true_cfg, "guidance": self.guidance}
        return own.model_copy(update={name: value for name, value in given.items() if value is not None})

    @property
    def limit(self) -> float:
        """How far a ratio may go (`clip`), or under dppo a step's KL."""
        by_cps = self.kind == "cps" and self.objective == "clipped"
        return self.clip or (CPS_CLIP if by_cps else CLIPS[self.objective]) or 0.0


class ActorTraining(_Training):
    """Phase 1. An instruction's reward is its mean over `edits` edits of the frozen editor. `loss`: bnpo is dapo here,
    as the tokens that both divide by are those of a whole update, however it lies in batches. `eps_high` is .28, of
    DAPO, unless it is given; for cispo, whose cap it is, 5."""

    lora: ActorLora = ActorLora()
    temperature: Positive = 1.0
    max_tokens: int = Field(default=24, ge=1)
    edits: int = Field(default=1, ge=1)
    loss: tokens.Kind = "dapo"
    eps_low: Positive = 0.2
    eps_high: Positive | None = None
    delta: Positive | None = None
    kl: tokens.KL = "k3"

    @property
    def high(self) -> float:
        return self.eps_high or (5.0 if self.loss == "cispo" else 0.28)


class Evaluation(Frozen):
    """Every `every` steps, on failed pictures of `prompts` prompts of the dev split (of `suite`; for `shapes`, composed
    as those of training), each edited `edits` times from other noise, with ODE sampling and averaged weights. Training
    stops when the reward is `margin` above what it was at the judge's best, and the judge has been `margin` below that
    for the last `patience` evaluations."""

    every: int = Field(default=20, ge=1)
    prompts: int = Field(default=32, ge=1)
    edits: int = Field(default=1, ge=1)
    suite: str = "spatial:dev"
    judge: Judge | None = None
    patience: int = Field(default=3, ge=1)
    margin: Positive = 0.02


class Config(Frozen):
    """One run. `system` names the pipeline preset (or is one) whose Diffuser draws, whose Checker rewards, and whose
    Actor or editor is trained; `rl` which adapters of an earlier training it has on (None: as the system says).
    With `mixed_precision: bf16` rollouts and gradients multiply in bfloat16 where the processor is quick at it; weights
    and evaluations stay as they are, and so does the Checker. A start whose group taught something is tried `visits`
    times. `structures` are those of the shapes world that prompts are composed of (`prompts: shapes`, and
    `evaluation.suite: shapes`), each as often as it stands there; all evenly where there is none.
    `alternate` steps after the start of a phase the other phase takes over; 0 is never. With `fsdp` the processes share
    out the frozen weights of the editor that is trained (`sharding`)."""

    name: str
    system: str | Preset = "shapes"
    rl: Rl | None = None
    device: str | None = None
    fsdp: bool = False
    seed: int = Field(default=0, ge=0)
    steps: int = Field(default=200, ge=1)
    minutes: Positive | None = None
    alternate: int = Field(default=0, ge=0)
    prompts: str = SHAPES
    structures: tuple[str, ...] = ()
    draw: int = Field(default=32, ge=1)
    visits: int = Field(default=1, ge=1)
    mixed_precision: Literal["no", "bf16"] = "no"
    checkpoint_every: int = Field(default=20, ge=1)
    keep: int = Field(default=2, ge=1)
    trackers: tuple[Tracker, ...] = ()
    actor: ActorTraining = ActorTraining()
    editor: EditorTraining = EditorTraining()
    evaluation: Evaluation = Evaluation()

    @field_validator("system", mode="before")
    @classmethod
    def _one_kind_of_system(cls, system: Any) -> Any:
        """A mapping is a preset and no name: what is wrong with it is told of its own keys."""
        return Preset.model_validate(system) if isinstance(system, dict) else system

    @model_validator(mode="after")
    def _composed(self) -> Self:
        unknown = next((name for name in self.structures if name not in STRUCTURES), None)
        if unknown is not None:
            raise ValueError(f"unknown structure {unknown!r}: {nearest(unknown, STRUCTURES)}")
        if self.structures and self.prompts != SHAPES:
            raise ValueError(f"structures are for `prompts: shapes`: those of {self.prompts} are as they are written")
        return self

    def phase_at(self, first: Phase, step: int) -> Phase:
        """Which phase trains at `step` of a run that began with `first`."""
        turn = step // self.alternate % 2 if self.alternate else 0
        return PHASES[(PHASES.index(first) + turn) % 2]

    def own_step(self, step: int) -> int:
        """How many steps the phase that trains at `step` has had before."""
        if not self.alternate:
            return step
        turns, within = divmod(step, self.alternate)
        return turns // 2 * self.alternate + within

    def phases(self, first: Phase) -> tuple[Phase, ...]:
        return PHASES if self.alternate else (first,)

    def training(self, phase: Phase) -> ActorTraining | EditorTraining:
        return self.actor if phase == "actor" else self.editor

    def preset(self) -> Preset:
        """The system's preset, on this run's device."""
        preset = load_preset(self.system) if isinstance(self.system, str) else self.system
        chosen = preset.choosing(self.rl)
        return chosen if self.device is None else chosen.model_copy(update={"device": self.device})


def load_config(name_or_path: str | Path, overrides: dict[str, Any] | None = None) -> Config:
    """A config by preset name or YAML file; `overrides` replace top-level fields.

    Raises UsageError naming the file, the line, the field and what is wrong with it; of an override, the field alone.
    """
    path = Path(name_or_path)
    if len(path.parts) == 1 and not path.suffix:  # as no preset's name has a folder or a dot
        path = FOLDER / f"{name_or_path}.yaml"
        if not path.is_file():
            raise UsageError.unknown("GRPO preset", str(name_or_path), (file.stem for file in FOLDER.glob("*.yaml")))
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    config = read_yaml(path, Config)
    told = {name: getattr(config, name) for name in config.model_fields_set}
    try:
        return Config.model_validate({**told, **(overrides or {})})
    except ValidationError as error:  # the file is sound by itself
        fault = error.errors()[0]
        raise UsageError(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}, not {fault['input']!r}") from error
