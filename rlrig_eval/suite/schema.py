"""What a suite is: prompts with their graphs, and the protocol under which two runs of it can be compared."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from rlrig_eval.scene.graph import Frozen, SceneGraph
from rlrig_eval.scene.requirements import Counting, Requirement

World = Literal["shapes", "photo"]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
"""Safe inside a file name on every system: letters, digits, and ``. _ -`` after the first character."""


def _empty(value: object) -> bool:
    return not value


class Question(Frozen):
    """What a published benchmark asks a judge about the picture, in its own words; a statement is to be affirmed.

    `answer` is the right one, "yes" and "no" in lower case; `choices` are those of a multiple choice, whose answer is
    a letter. `depends` are ids of questions without whose yes this one counts as no; published files have cycles.
    """

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    answer: str = Field(default="yes", min_length=1)
    choices: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Prompt(Frozen):
    """One text, the graph it asks for, and its place among its relatives.

    `twin` is the id of the contrast prompt, and each names the other. Twins and paraphrases share a `group`,
    the unit over which intervals are computed. `counting` is set where a prompt's rule is not its suite's;
    `questions` are those that a published benchmark asks instead of the graph's requirements.
    """

    id: Name
    text: str = Field(min_length=1, max_length=4000)
    graph: SceneGraph
    tags: tuple[str, ...] = ()
    twin: str | None = None
    group: str = Field(min_length=1)
    # Left out of every file and hash when empty: they came after suites had been run.
    counting: Counting | None = Field(default=None, exclude_if=_empty)
    questions: tuple[Question, ...] = Field(default=(), exclude_if=_empty)


class Protocol(Frozen):
    """What must be equal for two runs to be comparable. One image is drawn for each seed."""

    seeds: tuple[Annotated[int, Field(ge=0)], ...] = (0,)
    images_per_prompt: int = Field(default_factory=lambda known: len(known.get("seeds", (0,))))
    variant: str = Field(default="text", min_length=1)

    @model_validator(mode="after")
    def _one_image_a_seed(self) -> Self:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds must be distinct and at least one, not {list(self.seeds)}")
        if self.images_per_prompt != len(self.seeds):
            raise ValueError(f"images_per_prompt is {self.images_per_prompt}, but there are {len(self.seeds)} seeds")
        return self


class ErrorPolicy(Frozen):
    """A run whose share of scored samples is below `min_coverage` ends in exit 1."""

    min_coverage: float = Field(default=0.98, ge=0, le=1)


class Suite(Frozen):
    """One split of a suite. The order of `prompts` is fixed and stratified: its head stands for the whole."""

    name: Name
    version: str = Field(min_length=1)
    world: World
    split: str
    protocol: Protocol = Protocol()
    prompts: tuple[Prompt, ...] = Field(min_length=1)
    scorers: tuple[str, ...] = ("graph",)
    error_policy: ErrorPolicy = ErrorPolicy()
    counting: Counting = "exact"
    description: str = ""

    @field_validator("prompts")
    @classmethod
    def _fit_together(cls, prompts: tuple[Prompt, ...]) -> tuple[Prompt, ...]:
        for clash in clashes(prompts):
            raise ValueError(f"prompt {prompts[clash.position].id!r}: {clash.field}: {clash.problem}")
        return prompts

    def requirements(self, prompt: Prompt) -> tuple[Requirement, ...]:
        """What a picture for `prompt` is checked on, by its rule of counting."""
        return prompt.graph.requirements(self.counting_for(prompt))

    def counting_for(self, prompt: Prompt) -> Counting:
        """The prompt's rule of counting, or else the suite's."""
        return prompt.counting or self.counting

    @cached_property
    def sha256(self) -> str:
        """Hex digest of everything that decides scores; two runs are comparable when it is equal."""
        decisive = self.model_dump(mode="json", exclude={"description", "error_policy"})
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


class Clash(NamedTuple):
    """What is wrong with the prompt at `position`, seen beside the others."""

    position: int
    field: str
    problem: str


def clashes(prompts: Sequence[Prompt]) -> Iterator[Clash]:
    """The prompts whose ids or twins do not fit together."""
    first: dict[str, int] = {}
    for index, prompt in enumerate(prompts):
        if first.setdefault(prompt.id, index) != index:
            yield Clash(index, "id", f"{prompt.id!r} is already the id of prompt {first[prompt.id] + 1}")
    for index, prompt in enumerate(prompts):
        if prompt.twin is None or first[prompt.id] != index:
            continue
        if prompt.twin == prompt.id:
            yield Clash(index, "twin", "a prompt cannot be its own twin")
        elif prompt.twin not in first:
            yield Clash(index, "twin", f"there is no prompt {prompt.twin!r}")
        elif (back := prompts[first[prompt.twin]].twin) != prompt.id:
            yield Clash(index, "twin", f"{prompt.twin!r} names {back!r} as its twin, not {prompt.id!r}")
