"""RL-RIG: draw, check, ask for an edit, edit, until every requirement holds or the budget is spent.

The loop runs over a batch of prompts at once; a prompt whose picture satisfies the Checker leaves it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from rlrig.presets import Loop, Preset, load_preset, save_preset
from rlrig.reward import Assessment, assess, require_answers
from rlrig.roles import Actor, Checker, Diffuser, InverseDiffuser
from rlrig.spent import Spent, spent_on
from rlrig.trace import Calls, Round, Trace
from rlrig_eval.scene import Requirement, SceneGraph, parse
from rlrig_eval.scene.requirements import Counting
from rlrig_eval.suite.seeds import candidate_seed

if TYPE_CHECKING:
    from rlrig.backends.load import ActorKind


@dataclass(frozen=True)
class Result:
    """The chosen picture, how it came about, and every picture on the way (by round index)."""

    image: Image
    trace: Trace
    images: tuple[Image, ...]


@dataclass
class _Case:
    """One prompt on its way through the loop."""

    prompt: str
    seed: int
    requirements: tuple[Requirement, ...]
    rounds: list[Round] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    views: list[Assessment] = field(default_factory=list)

    def best(self, since: int = 0) -> int:
        """The round, from `since` on, with the highest reward, then confidence; the earliest wins a tie."""
        return max(range(since, len(self.rounds)), key=lambda i: (self.views[i].reward, self.views[i].confidence, -i))

    def branch(self) -> int:
        """The last round that was drawn from noise: what comes after it are edits of it."""
        return max(r.index for r in self.rounds if r.parent is None)

    def source(self, backtrack: bool) -> int:
        """The round to edit next: the best of the branch, or its last."""
        return self.best(self.branch()) if backtrack else len(self.rounds) - 1

    def done(self) -> bool:
        return self.views[self.best()].satisfied

    def fruitless(self) -> int:
        """Edits in a row since the best picture of the branch."""
        return len(self.rounds) - 1 - self.best(self.branch())

    def stuck(self, loop: Loop) -> bool:
        """Whether to draw afresh: nothing has mended this drawing for a while, or too little of it is right."""
        return self.fruitless() >= loop.patience or self.views[self.best(self.branch())].reward < loop.fresh_below


@dataclass(frozen=True)
class _Step:
    """What is to be done for a case in this round: edit the picture of round `parent`, or draw afresh.

    `spent` is what the Actor took to write the instruction.
    """

    case: _Case
    parent: int | None
    instruction: str | None = None
    spent: Spent = field(default_factory=Spent)


class RLRIGPipeline:
    """The four roles and the rules of the loop.

    `pipe(prompts, seeds)` returns one Result a prompt. With a greedy Actor and per-picture noise the outcome of a
    prompt does not depend on the others in its batch.
    """

    def __init__(
        self,
        diffuser: Diffuser,
        checker: Checker,
        actor: Actor,
        editor: InverseDiffuser,
        loop: Loop,
        preset: Preset | None = None,
    ) -> None:
        self.diffuser, self.checker, self.actor, self.editor = diffuser, checker, actor, editor
        self.loop, self.preset = loop, preset

    @classmethod
    def from_pretrained(
        cls, preset_or_path: str | Path = "shapes", rl: str | None = None, actor: "ActorKind" = "vlm", **overrides: Any
    ) -> "RLRIGPipeline":
        """Load the roles that a preset names (`shapes`, ..., a YAML file, or a folder written by save_pretrained).

        `rl` (none, actor, editor or both; else as the preset says) chooses the adapters that Reflection-GRPO trained;
        `actor="random"` puts the control that draws lots in the Actor's place; `overrides` replace fields of the
        preset's loop, e.g. `max_edits=2`.

        Raises:
            UsageError: no such preset, an unknown key or value in it, or a checkpoint that cannot be read.
        """
        from rlrig.backends.load import load_roles

        preset = load_preset(preset_or_path, overrides, rl)
        return cls(*load_roles(preset, actor), loop=preset.loop, preset=preset)

    def save_pretrained(self, path: str | Path) -> None:
        """Write the preset to `path`, naming the checkpoints in use; `from_pretrained(path)` loads it again.

        Raises:
            ValueError: the pipeline was built from objects and not from a preset.
            OSError: it cannot be written there.
        """
        if self.preset is None:
            raise ValueError("this pipeline was built from objects, not from a preset: save its parts one by one")
        save_preset(self.preset, Path(path))

    def __call__(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        graphs: Sequence[SceneGraph] | None = None,
        countings: Sequence[Counting] | None = None,
    ) -> list[Result]:
        """Draw every prompt.

        Args:
            prompts: what to draw.
            seeds: one a prompt, in [0, 2**63); round k of a prompt uses `candidate_seed(seed, k)`.
            graphs: the prompts' scene graphs; read off the text when None.
            countings: whether "a dog" asks for exactly one or for at least one, a rule a prompt; exactly when None.

        Raises:
            ValueError: not one seed, graph and rule a prompt.
        """
        if len(prompts) != len(seeds):
            raise ValueError(f"{len(prompts)} prompts but {len(seeds)} seeds")
        graphs = [parse(prompt) for prompt in prompts] if graphs is None else graphs
        countings = ["exact" for _ in prompts] if countings is None else countings
        cases = [
            _Case(prompt, seed, graph.requirements(counting))
            for prompt, seed, graph, counting in zip(prompts, seeds, graphs, countings, strict=True)
        ]
        self._perform([_Step(case, parent=None) for case in cases], time.perf_counter())
        for _ in range(self.loop.max_edits):
            open_cases = [case for case in cases if not case.done()]
            if not open_cases:
                break
            started = time.perf_counter()  # the Actor's writing is part of the round
            self._perform(self._plan(open_cases), started)
        return [self._result(case) for case in cases]

    def _plan(self, cases: Sequence[_Case]) -> list[_Step]:
        """Edit the best picture of the branch (backtracking when an edit made it worse); start afresh when stuck."""
        stuck = [case for case in cases if case.stuck(self.loop)]
        asking = [(case, case.source(self.loop.backtrack)) for case in cases if not case.stuck(self.loop)]
        instructions = self.actor.write(
            [case.images[parent] for case, parent in asking],
            [case.prompt for case, _ in asking],
            [case.views[parent].surest(self.loop.at_once) for case, parent in asking],
            [candidate_seed(case.seed, len(case.rounds)) for case, _ in asking],
        )
        took = spent_on(self.actor, [1] * len(asking)) if asking else []
        steps = [_Step(case, parent=None) for case in stuck]
        for (case, parent), instruction, spent in zip(asking, instructions, took, strict=True):
            steps.append(_Step(case, parent, instruction, spent))
        return steps

    def _perform(self, steps: Sequence[_Step], started: float) -> None:
        """Make the pictures of a round that began at `started`, look at them, and add them to their cases."""
        pictures: dict[int, Image] = {}
        draws = [i for i, step in enumerate(steps) if step.parent is None]
        edits = [(i, step.parent, step.instruction or "") for i, step in enumerate(steps) if step.parent is not None]
        seeds = [candidate_seed(step.case.seed, len(step.case.rounds)) for step in steps]
        if draws:
            drawn = self.diffuser.draw([steps[i].case.prompt for i in draws], [seeds[i] for i in draws])
            pictures.update(zip(draws, drawn, strict=True))
        if edits:
            edited = self.editor.edit(
                [steps[i].case.images[parent] for i, parent, _ in edits],
                [self.loop.editor_text(steps[i].case.prompt, instruction) for i, _, instruction in edits],
                [seeds[i] for i, _, _ in edits],
            )
            pictures.update(zip((i for i, _, _ in edits), edited, strict=True))
        images = [pictures[i] for i in range(len(steps))]
        answers = self.checker.check(images, [step.case.requirements for step in steps])
        require_answers(answers)
        took = spent_on(self.checker, [len(step.case.requirements) for step in steps])
        share = (time.perf_counter() - started) / max(1, len(steps))
        for step, image, probabilities, spent in zip(steps, images, answers, took, strict=True):
            self._record(step, image, probabilities, share, step.spent + spent)

    def _record(self, step: _Step, image: Image, probabilities: Sequence[float], seconds: float, spent: Spent) -> None:
        case, index = step.case, len(step.case.rounds)
        # Asked now, for what a picture takes may change from call to call.
        evals = self.diffuser.evals_per_image if step.parent is None else self.editor.evals_per_image
        view = assess(case.requirements, probabilities, self.loop.threshold)
        fresh = "draw" if index == 0 else "fresh"
        case.rounds.append(
            Round(
                index=index,
                action="edit" if step.parent is not None else fresh,
                parent=step.parent,
                instruction=step.instruction,
                probabilities=view.probabilities,
                reward=view.reward,
                seconds=seconds,
                calls=Calls(images=1, denoiser_evals=evals, **spent.cost()),
            )
        )
        case.images.append(image)
        case.views.append(view)

    def _result(self, case: _Case) -> Result:
        stopped = "satisfied" if case.done() else "budget"
        trace = Trace(
            threshold=self.loop.threshold,
            rounds=tuple(case.rounds),
            chosen=case.best(),
            stopped=stopped,
            calls=reduce(add, (r.calls for r in case.rounds if r.calls)),
        )
        return Result(image=case.images[case.best()], trace=trace, images=tuple(case.images))
