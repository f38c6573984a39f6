"""Trials of the bundled checkpoints on held-out scenes: one record a case, for tables and contact sheets alike.

Truth is the drawing's own, or, for pictures of models, what `shapes.read` reads; a picture that it refuses is counted
as unread and asked nothing about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

from rlrig.bundled.lessons.edits import Edit
from rlrig.bundled.lessons.pixels import pixels
from rlrig.bundled.lessons.questions import topic
from rlrig.bundled.lessons.wanted import after
from rlrig.bundled.measuring.measure import fulfilled, preserved, read_or_nothing
from rlrig.presets import Loop
from rlrig.roles import Checker, Diffuser, InverseDiffuser
from rlrig_eval.metrics import scene_graph_iou
from rlrig_eval.scene import SceneGraph, check, equivalent, focus
from rlrig_eval.shapes import NotAShapesDrawing, read, render, truth
from rlrig_eval.suite.wording import word

_BATCH = 64


@dataclass(frozen=True)
class Drawing:
    """A prompt and what came of it. `missed` are the topics of the requirements that the picture does not meet.

    Where `readable` is false, `shapes.read` takes the picture for no drawing of this world, and `seen` is empty.
    """

    prompt: SceneGraph
    text: str
    picture: Image.Image
    seen: SceneGraph
    readable: bool
    entity_iou: float
    missed: tuple[str, ...]

    @property
    def right(self) -> bool:
        return not self.missed


@dataclass(frozen=True)
class EditTrial:
    """An edit and what came of it."""

    edit: Edit
    source: Image.Image
    picture: Image.Image
    fulfilled: bool
    preserved: bool

    @property
    def kind(self) -> str:
        """The instruction's verb, and the first relation that it names."""
        words = self.edit.instruction.split()
        names_one = self.edit.goals and words[0] != "swap"
        return f"{words[0]} {self.edit.goals[0].predicate}" if names_one else words[0]


@dataclass(frozen=True)
class Answer:
    """P(yes) of one requirement of one picture (`group`), and whether yes was right."""

    group: int
    topic: str
    probability: float
    right: bool

    @property
    def correct(self) -> bool:
        return (self.probability >= 0.5) == self.right


@torch.no_grad()
def reconstructed(vae: AutoencoderKL, scenes: Sequence[SceneGraph]) -> list[bool]:
    """Whether the graph read from each scene's reconstruction equals the truth."""
    pictures: list[Image.Image] = []
    for start in range(0, len(scenes), _BATCH):
        drawn = torch.stack([pixels(render(scene)) for scene in scenes[start : start + _BATCH]])
        decoded = vae.decode(vae.encode(drawn).latent_dist.mode()).sample
        pictures += VaeImageProcessor().postprocess(decoded, output_type="pil")
    return [equivalent(read_or_nothing(picture), truth(scene)) for picture, scene in zip(pictures, scenes, strict=True)]


def drawings(diffuser: Diffuser, prompts: Sequence[SceneGraph]) -> list[Drawing]:
    """Each prompt drawn once, with its place in the list as the seed."""
    texts = [word(prompt) for prompt in prompts]
    pictures = diffuser.draw(texts, list(range(len(prompts))))
    return [_drawing(*case) for case in zip(prompts, texts, pictures, strict=True)]


def _drawing(prompt: SceneGraph, text: str, picture: Image.Image) -> Drawing:
    try:
        seen, readable = read(picture), True
    except NotAShapesDrawing:
        seen, readable = SceneGraph(), False
    requirements = prompt.requirements()
    met = check(requirements, seen)
    missed = tuple(topic(r) for r in requirements if not met[r.id])
    iou = scene_graph_iou(focus(seen, prompt), prompt)
    return Drawing(prompt, text, picture, seen, readable, iou.entity, missed)


def edits_done(editor: InverseDiffuser, edits: Sequence[Edit], loop: Loop) -> list[EditTrial]:
    """Each edit done once, told as `loop` tells it, with its place in the list as the seed."""
    sources = [render(edit.source) for edit in edits]
    texts = [loop.editor_text(after(edit), edit.instruction) for edit in edits]
    return edits_read(edits, sources, editor.edit(sources, texts, list(range(len(edits)))))


def edits_read(
    edits: Sequence[Edit], sources: Sequence[Image.Image], pictures: Sequence[Image.Image]
) -> list[EditTrial]:
    """What came of each edit, of the picture of its source and the picture that was made of it."""
    found = [read_or_nothing(picture) for picture in pictures]
    return [
        EditTrial(edit, source, picture, fulfilled(edit, seen), preserved(edit, seen))
        for edit, source, picture, seen in zip(edits, sources, pictures, found, strict=True)
    ]


def drawing_quality(drawn: Sequence[Drawing]) -> dict[str, float]:
    """Mean entity IoU, share of requirements and share of all-correct pictures, each in [0, 1]."""
    return {
        "entity_iou": float(np.mean([one.entity_iou for one in drawn])),
        "requirements": float(np.mean([1 - len(one.missed) / len(one.prompt.requirements()) for one in drawn])),
        "all_correct": float(np.mean([one.right for one in drawn])),
        "prompts": len(drawn),
    }


def editing_quality(trials: Sequence[EditTrial]) -> dict[str, float]:
    """Shares of edits done as told, of edits that left the rest alone, and of both; each in [0, 1].

    Done: what differs between the source and the target has the target's things and relations (`fulfilled`).
    Left alone: every thing that the edit does not touch is still there, its centre within NEAR pixels.
    """
    return {
        "fulfilled": float(np.mean([trial.fulfilled for trial in trials])),
        "preserved": float(np.mean([trial.preserved for trial in trials])),
        "both": float(np.mean([trial.fulfilled and trial.preserved for trial in trials])),
        "edits": len(trials),
    }


def answers(
    checker: Checker, pictures: Sequence[Image.Image], prompts: Sequence[SceneGraph], truths: Sequence[SceneGraph]
) -> list[Answer]:
    """What `checker` says of every requirement of each prompt, against the truth of its picture."""
    asked = [prompt.requirements() for prompt in prompts]
    given = checker.check(pictures, asked)
    found = []
    for group, (requirements, chances, scene) in enumerate(zip(asked, given, truths, strict=True)):
        right = check(requirements, scene)
        found += [Answer(group, topic(r), chance, right[r.id]) for r, chance in zip(requirements, chances, strict=True)]
    return found
