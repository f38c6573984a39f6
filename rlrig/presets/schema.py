"""What a preset says: checkpoints by role, how they sample, and the rules of the loop; an unknown key is an error."""

from string import Formatter
from typing import Literal, Self, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from rlrig_eval.errors import UsageError
from rlrig_eval.pipelines import settings
from rlrig_eval.scene.graph import Frozen

Rl = Literal["none", "actor", "editor", "both"]
"""Which of the adapters that Reflection-GRPO trained are put on."""
RL: tuple[Rl, ...] = get_args(Rl)


class RoleSampling(settings.Sampling):
    """How a role's pipeline samples and is put together (`rlrig_eval.pipelines.settings`), how many pictures at once.

    `true_cfg` > 1 runs the empty prompt too; `guidance` is the embedded kind, or classifier-free for a pipeline that
    has no other.
    """

    true_cfg: float | None = 1.0
    guidance: float | None = 3.5
    size: int = Field(default=1024, ge=16)
    max_sequence_length: int | None = 512
    batch_size: int = Field(default=1, ge=1)

    @property
    def evals(self) -> int:
        """Denoiser evaluations that a picture costs, as far as the settings tell."""
        return self.steps * (2 if self.guided else 1)


class Flow(Frozen):
    checkpoint: str
    sampling: RoleSampling


class Inversion(Frozen):
    """How the editors that need no training work; fields that an editor does not know mean nothing to it.

    Attributes:
        source_guidance: of the text that the picture is taken to show; 1 is none.
        gamma, eta, eta_share: RF-Inversion's pull towards noise, towards the picture, and for which share of the steps.
        share: RF-Solver, FireFlow and FlowEdit: how much of the way to noise is gone (FlowEdit's n_max / T).
        averages: FlowEdit: noises that a step averages over.
        strength: SDEdit: how much of the way to noise is gone.
        image_guidance: InstructPix2Pix: towards the picture.
    """

    source_guidance: float = 1.0
    gamma: float = Field(default=0.5, ge=0, le=1)
    eta: float = Field(default=1.0, ge=0, le=1)
    eta_share: float = Field(default=0.25, ge=0, le=1)
    share: float = Field(default=1.0, gt=0, le=1)
    averages: int = Field(default=1, ge=1)
    strength: float = Field(default=0.6, gt=0, le=1)
    image_guidance: float = 1.5


EditorKind = Literal[
    "kontext", "qwen-edit", "instruct-pix2pix", "sdedit", "rf-inversion", "rf-solver", "fireflow", "flowedit"
]


class Editor(Flow):
    """The Inverse Diffuser. Where checkpoint and loading are the Diffuser's, the one pipeline serves both."""

    kind: EditorKind = "kontext"
    inversion: Inversion = Inversion()

    @property
    def takes_orders(self) -> bool:
        """Whether it is told what to change, and not what to show."""
        return self.kind in ("kontext", "qwen-edit", "instruct-pix2pix")


class Vlm(Frozen):
    """A vision-language checkpoint, or with `server` the model of that name at an OpenAI-compatible address."""

    checkpoint: str
    dtype: Literal["float32", "bfloat16", "float16"] = "bfloat16"
    server: str | None = None


class Adapter(Frozen):
    """A LoRA adapter on the Checker's base; null asks the base itself to write.

    `sentences`: "shapes" holds what it writes to the sentences that the bundled editor knows, those that would mend a
    failed requirement and contradict nothing of the prompt (`rlrig.instructions.proposals`); "any" to nothing.
    `max_tokens` is where an instruction is cut off; null is 24, or 64 on a server.
    """

    adapter: str | None = None
    sentences: Literal["any", "shapes"] = "any"
    max_tokens: int | None = Field(default=None, ge=1)


class Trained(Frozen):
    """Where the LoRA adapters lie that Reflection-GRPO trained: a peft folder on the Checker's base for the Actor, a
    folder for `load_lora_weights` for the editor."""

    actor: str | None = None
    editor: str | None = None


class Loop(Frozen):
    """The rules of generate-reflect-edit.

    `threshold` is the P(yes) from which a requirement holds; `max_edits` the pictures after the first one;
    `patience` how many edits may fail to improve on the best since the last drawing before a fresh one; a drawing
    whose reward is under `fresh_below` is not edited but drawn afresh; `backtrack` edits the best picture since the
    last drawing rather than the latest;
    `at_once` is how many of the failed requirements the Actor is told, the least likely ones; null tells it all;
    `say` is what the editor reads: the Actor's {instruction} alone, or with the {prompt} beside it (what is too long
    for its text encoder is cut off).
    """

    threshold: float = Field(default=0.5, gt=0, lt=1)
    max_edits: int = Field(default=4, ge=0)
    patience: int = Field(default=2, ge=1)
    fresh_below: float = Field(default=0.0, ge=0, le=1)
    backtrack: bool = True
    at_once: int | None = Field(default=None, ge=1)
    say: str = "{instruction}"

    @field_validator("say")
    @classmethod
    def _says_what_to_do(cls, say: str) -> str:
        try:
            named = {tuple(field) for _, *field in Formatter().parse(say) if field[0] is not None}
        except ValueError as problem:
            raise ValueError(f"{say!r} is no template: {problem}") from None
        instruction, prompt = (("instruction", "", None), ("prompt", "", None))  # without a format or a conversion
        if not {instruction} <= named <= {instruction, prompt}:
            raise ValueError(f"{say!r} must hold {{instruction}}, may hold {{prompt}}, and nothing else in braces")
        return say

    def editor_text(self, prompt: str, instruction: str) -> str:
        """What the editor reads.

        >>> Loop(say="{prompt}, {instruction}").editor_text("a red star.", "add a red star")
        'a red star, add a red star'
        """
        said = self.say.format(prompt=prompt.strip().rstrip(". "), instruction=instruction)
        return said if instruction else said.strip(" ,;:")  # an Actor that wrote nothing leaves no comma behind


class Preset(Frozen):
    """A whole system. `rl` chooses among the adapters of `trained`; the Checker is the base without any of them."""

    name: str
    device: str = "cpu"
    diffuser: Flow
    editor: Editor
    checker: Vlm
    actor: Adapter = Adapter()
    trained: Trained = Trained()
    rl: Rl = "none"
    loop: Loop = Loop()

    @property
    def shares_pipeline(self) -> bool:
        """Whether one pipeline draws and edits: the same checkpoint, put together alike."""
        if self.editor.takes_orders or self.editor.checkpoint != self.diffuser.checkpoint:
            return False
        drawing, editing = self.diffuser.sampling, self.editor.sampling
        return all(getattr(drawing, name) == getattr(editing, name) for name in settings.Loading.model_fields)

    @property
    def actor_adapter(self) -> str | None:
        """The adapter that the Actor writes with: the trained one takes the place of the other."""
        return self.trained.actor if self.rl in ("actor", "both") else self.actor.adapter

    @property
    def editor_adapter(self) -> str | None:
        """The LoRA on the editor's transformer."""
        return self.trained.editor if self.rl in ("editor", "both") else None

    @property
    def checkpoints(self) -> dict[str, str]:
        """Everything that is loaded, by its part in the system."""
        found = {
            "diffuser": self.diffuser.checkpoint,
            "editor": self.editor.checkpoint,
            "checker": self.checker.checkpoint,
            "actor": self.actor_adapter,
            "editor_adapter": self.editor_adapter,
        }
        return {part: checkpoint for part, checkpoint in found.items() if checkpoint is not None}

    def choosing(self, rl: str | None) -> Self:
        """This system with another choice of `rl`, or as it is for None.

        Raises:
            UsageError: an unknown choice, or a trained adapter that the preset does not name.
        """
        if rl is None:
            return self
        if rl not in RL:
            raise UsageError.unknown("choice of rl", rl, RL)
        try:
            return type(self).model_validate({**self.model_dump(), "rl": rl})
        except ValidationError as error:
            problem = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise UsageError(f"preset {self.name}: {problem}") from error

    @model_validator(mode="after")
    def _has_what_rl_asks_for(self) -> Self:
        for role in ("actor", "editor"):
            if self.rl in (role, "both") and getattr(self.trained, role) is None:
                raise ValueError(f"rl: {self.rl} asks for a trained {role}, and trained.{role} names none")
        if self.actor_adapter is not None and self.checker.server is not None:
            raise ValueError("an Actor's adapter goes on a model in this process, and checker.server names another")
        if self.rl in ("actor", "both") and not self.editor.takes_orders:
            raise ValueError(
                f"rl: {self.rl} asks for a trained Actor, and an editor of kind {self.editor.kind} has none"
            )
        if "{prompt}" in self.loop.say and not self.editor.takes_orders:
            raise ValueError(f"loop.say: an editor of kind {self.editor.kind} is told the prompt already")
        return self
