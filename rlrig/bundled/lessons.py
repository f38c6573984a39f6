"""Lessons of the bundled VLMs: a picture, perhaps damaged, and what there is to say about it."""

from collections.abc import Sequence

from numpy.random import Generator
from PIL import Image

from rlrig.bundled.damage import damaged
from rlrig.bundled.questions import Examiner, Turn, description, instruction, whereabouts
from rlrig.bundled.variations import Staged, stage
from rlrig_eval.shapes import PLAIN, Style, render
from rlrig_eval.suite.structures import Pairing

QUESTIONS = 12
_ROOM = 5  # questions left out for an instruction, which is as long: batches are padded to the longest row
_SHELF = 2000
_FRESH = 0.4
_REPAINTED = 0.25
_REPAIRS = 0.3  # so that the base knows the words of an instruction; the Actor learns to write it

Lesson = tuple[Image.Image, Sequence[Turn]]


class Lessons:
    """Makes a lesson from a random generator.

    Laying out a scene costs more than asking about it, so each is kept on a shelf for a while and comes back
    two or three times, with other questions and other damage.
    """

    def __init__(
        self,
        pairings: Sequence[Pairing],
        styles: Sequence[Style] = (PLAIN,),
        repainted: Sequence[tuple[Staged, Image.Image]] = (),
    ) -> None:
        """`repainted` are pictures by the autoencoder: a quarter of the lessons, when there are any."""
        self._pairings, self._styles, self._repainted = pairings, styles, repainted
        self._examiner = Examiner(pairings)
        self._shelf: list[Staged] = []

    def __call__(self, rng: Generator) -> Lesson:
        staged, picture = self._picture(rng)
        repair = instruction(rng, staged.prompt, staged.scene) if rng.random() < _REPAIRS else None
        turns = [
            *self._examiner.ask(rng, staged, QUESTIONS if repair is None else QUESTIONS - _ROOM),
            *whereabouts(rng, staged.scene, 2),
            description(staged.scene),
            *([] if repair is None else [repair]),
        ]
        return damaged(rng, picture), turns

    def _picture(self, rng: Generator) -> tuple[Staged, Image.Image]:
        if self._repainted and rng.random() < _REPAINTED:
            return self._repainted[int(rng.integers(len(self._repainted)))]
        staged = self._scene(rng)
        style = self._styles[int(rng.integers(len(self._styles)))]
        return staged, render(staged.scene, style=style)

    def _scene(self, rng: Generator) -> Staged:
        if self._shelf and rng.random() >= _FRESH:
            return self._shelf[int(rng.integers(len(self._shelf)))]
        staged = stage(rng, self._pairings)
        if len(self._shelf) < _SHELF:
            self._shelf.append(staged)
        else:
            self._shelf[int(rng.integers(_SHELF))] = staged
        return staged
