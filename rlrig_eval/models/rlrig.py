"""The one door to the system under test: RL-RIG itself, and the Checker that best-of-n picks with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from rlrig_eval import weights
from rlrig_eval.checkpoints import locate, weights_hash
from rlrig_eval.errors import UsageError
from rlrig_eval.models.apart import apart_if_need_be
from rlrig_eval.models.contract import Drawn, Job, Picture, Trace
from rlrig_eval.models.costs import together
from rlrig_eval.scene import Requirement

if TYPE_CHECKING:
    from rlrig.pipeline import RLRIGPipeline
    from rlrig.presets import Flow, Preset
    from rlrig.trace import Calls
    from rlrig_eval.pipelines.memory import Need


PATCH = 16
"""Pixels a side of a token of FLUX and its kin: two by two latent cells of eight."""


@dataclass(frozen=True)
class View:
    """What the Checker thinks of one picture: P(yes) by requirement id, what follows, and what it cost to look."""

    probabilities: Mapping[str, float]
    reward: float
    confidence: float
    satisfied: bool
    threshold: float
    cost: Mapping[str, float]


class RLRIG:
    """Generate, reflect, edit.

    `rl` chooses the adapters that Reflection-GRPO trained (else the preset does); `actor` may be the control that asks
    for edits at random; `settings` replace fields of the preset's loop (max_edits, threshold, ...); `kept` is a file
    of drawings and the Checker's answers, in which runs that differ in Actor or editor find what they share.
    """

    def __init__(
        self,
        preset: str = "shapes",
        rl: Literal["none", "actor", "editor", "both"] | None = None,
        actor: Literal["vlm", "random"] = "vlm",
        settings: Mapping[str, Any] | None = None,
        kept: str | None = None,
    ) -> None:
        from rlrig.pipeline import RLRIGPipeline
        from rlrig.presets import load_preset

        chosen = load_preset(preset, settings, rl)  # first, as it says what is wrong with the settings
        self.pipeline = RLRIGPipeline.from_pretrained(preset, rl, actor, **(settings or {}))
        self.settings: Mapping[str, Any] = {**_described(chosen), **_patches(self.pipeline), "actor": actor}
        if kept is not None:
            from rlrig.backends.kept import keeping

            self.pipeline = keeping(self.pipeline, chosen, Path(kept))

    @staticmethod
    def needs(preset: str, **_: Any) -> list[str]:
        """What the weights take, a line a role."""
        from rlrig.memory import plan
        from rlrig.presets import load_preset

        return plan(load_preset(preset))

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return drawn_by(self.pipeline, jobs)


def drawn_by(pipeline: RLRIGPipeline, jobs: Sequence[Job]) -> list[Drawn]:
    """What a pipeline that is already built draws for some jobs.

    Where a picture is held back, or a server does not answer, the jobs are drawn one by one: a failure costs its own.
    """
    return apart_if_need_be(jobs, partial(_together, pipeline))


def _together(pipeline: RLRIGPipeline, jobs: Sequence[Job]) -> list[Drawn]:
    results = pipeline(
        [job.text for job in jobs],
        [job.noise for job in jobs],
        [job.graph for job in jobs],
        [job.counting for job in jobs],
    )
    return [
        Picture(
            image=result.image,
            trace=result.trace.model_dump(mode="json"),
            rounds=result.images,
            cost=result.trace.calls.model_dump(exclude_none=True),
        )
        for result in results
    ]


class Checker:
    """RL-RIG's Checker with RL-RIG's threshold, for whoever wants to pick pictures as RL-RIG does."""

    def __init__(self, preset: str = "shapes") -> None:
        from rlrig.backends.load import load_checker
        from rlrig.presets import load_preset

        chosen = load_preset(preset)
        self.threshold = chosen.loop.threshold
        self.settings = {
            "checker": chosen.checker.checkpoint,
            "checker_weights": weights_hash(chosen.checker.checkpoint),
            **_precision(chosen),
        }
        self._checker = load_checker(chosen)

    @staticmethod
    def require(preset: str) -> None:
        """Raise UsageError where its weights are missing: told before anything else is loaded for minutes."""
        from rlrig.presets import load_preset

        checker = load_preset(preset).checker
        if checker.server is None:
            weights.require(locate(checker.checkpoint))

    def look(self, images: Sequence[Image.Image], asked: Sequence[Sequence[Requirement]]) -> list[View]:
        """What the Checker thinks of each picture, given what is asked of it (`Job.requirements`)."""
        from rlrig.reward import assess, require_answers
        from rlrig.spent import spent_on

        answers = self._checker.check(images, asked)
        require_answers(answers)
        took = spent_on(self._checker, [len(one) for one in asked])
        seen = [assess(one, answer, self.threshold) for one, answer in zip(asked, answers, strict=True)]
        return [
            View(
                view.probabilities,
                view.reward,
                view.confidence,
                view.satisfied,
                view.threshold,
                cost={"images": 0.0, "denoiser_evals": 0.0, **spent.cost()},
            )
            for view, spent in zip(seen, took, strict=True)
        ]

    @staticmethod
    def needs(preset: str) -> list[Need]:
        """What the Checker's weights take; nothing where they lie on a server."""
        from rlrig.memory import readers
        from rlrig.presets import load_preset

        return readers(load_preset(preset))


class Hands:
    """RL-RIG's Actor and Inverse Diffuser without its Checker: what there is to a round that nobody looks at."""

    def __init__(self, preset: str = "shapes") -> None:
        from rlrig.backends.load import load_hands
        from rlrig.presets import load_preset

        chosen = load_preset(preset)
        self._actor, self._editor = load_hands(chosen)
        self._loop = chosen.loop
        parts = {part: chosen.checkpoints[part] for part in ("editor", "actor") if part in chosen.checkpoints}
        weights = {part: weights_hash(one) for part, one in parts.items()}
        self.settings = {
            "hands": parts,
            "hands_weights": weights,
            **_edits(chosen),
            **_says(chosen),
            **_writes(chosen),
        }

    @staticmethod
    def needs(preset: str) -> list[Need]:
        """What their weights take."""
        from rlrig.memory import hands
        from rlrig.presets import load_preset

        return hands(load_preset(preset))

    def edit(
        self, images: Sequence[Image.Image], prompts: Sequence[str], seeds: Sequence[int]
    ) -> tuple[list[Image.Image], list[dict[str, float]]]:
        """Each picture after one instruction, written from picture and prompt alone; and what that took."""
        from rlrig.spent import spent_on

        instructions = self._actor.write(images, prompts, [()] * len(images), seeds)
        took = spent_on(self._actor, [1] * len(images))
        texts = [self._loop.editor_text(prompt, text) for prompt, text in zip(prompts, instructions, strict=True)]
        edited = self._editor.edit(images, texts, seeds)
        evals = float(self._editor.evals_per_image)
        return edited, [{"images": 1.0, "denoiser_evals": evals, **spent.cost()} for spent in took]


def untrained(preset: str = "shapes") -> dict[str, str]:
    """The phases of Reflection-GRPO, actor and editor, of which `preset` has no adapter for its weights; and why."""
    from rlrig.backends.load import require_trained
    from rlrig.presets import load_preset

    found = {}
    for phase in ("actor", "editor"):
        try:
            require_trained(load_preset(preset, rl=phase))
        except UsageError as problem:
            found[phase] = str(problem)
    return found


def draws_trace(
    views: Sequence[View], seconds: Sequence[float], costs: Sequence[Mapping[str, float]], chosen: int
) -> Trace:
    """The trace of pictures that were drawn one after the other until one satisfied the Checker.

    `costs` are of drawing each and looking at it.
    """
    from rlrig.trace import Round, Trace

    rounds = tuple(
        Round(
            index=index,
            action="draw",
            probabilities=dict(view.probabilities),
            reward=view.reward,
            seconds=took,
            calls=_calls(cost),
        )
        for index, (view, took, cost) in enumerate(zip(views, seconds, costs, strict=True))
    )
    stopped = "satisfied" if views[chosen].satisfied else "budget"
    calls = _calls(together(costs))
    trace = Trace(threshold=views[0].threshold, rounds=rounds, chosen=chosen, stopped=stopped, calls=calls)
    return trace.model_dump(mode="json")


def _calls(cost: Mapping[str, float]) -> Calls:
    from rlrig.trace import Calls

    return Calls(**{name: int(count) for name, count in cost.items()})


def _says(preset: Preset) -> dict[str, Any]:
    """What the editor reads, where that is not the instruction alone: what runs had from the first."""
    return preset.loop.model_dump(include={"say"}, exclude_defaults=True)


def _edits(preset: Preset) -> dict[str, Any]:
    """How the editor works, and its inversion if it takes no orders."""
    inversion = {} if preset.editor.takes_orders else {"inversion": preset.editor.inversion.model_dump()}
    return {"editor": {"kind": preset.editor.kind, **_sampling(preset.editor)}, **inversion}


def _writes(preset: Preset) -> dict[str, Any]:
    """How the Actor's sentences are held, and where they end if not where they all do."""
    told = preset.actor.model_dump(include={"max_tokens"}, exclude_defaults=True)
    return {"sentences": preset.actor.sentences, **told}


def _precision(preset: Preset) -> dict[str, Any]:
    """What the Checker counts in, where that is not float32: what runs had from the first."""
    return {} if preset.checker.dtype == "float32" else {"checker_dtype": preset.checker.dtype}


def _described(preset: Preset) -> dict[str, Any]:
    # Its weights lie elsewhere, so that the name is all there is to tell one from another.
    served = {} if preset.checker.server is None else {"checker": preset.checker.checkpoint}
    return {
        "preset": preset.name,
        "size": preset.diffuser.sampling.size,
        "diffuser": _sampling(preset.diffuser),
        **_edits(preset),
        "loop": preset.loop.model_dump(exclude={"say"}),
        **_says(preset),
        "rl": preset.rl,
        **_writes(preset),
        **_precision(preset),
        **served,
        "weights": {part: weights_hash(checkpoint) for part, checkpoint in preset.checkpoints.items()},
    }


def _patches(system: RLRIGPipeline) -> dict[str, Any]:
    """Pixels a side that a token stands for, of each pipeline that packs latents two by two, where it is not PATCH."""
    from rlrig.backends.fields import patch

    found = {}
    for part, role in (("diffuser", system.diffuser), ("editor", system.editor)):
        pipeline = getattr(role, "pipeline", None)
        if hasattr(pipeline, "_pack_latents") and patch(pipeline) != PATCH:
            found[part] = patch(pipeline)
    return {"patches": found} if found else {}


def _sampling(flow: Flow) -> dict[str, Any]:
    return flow.sampling.model_dump(mode="json", exclude={"size", "batch_size"}, exclude_none=True)
