"""Lessons of the bundled VLMs: a picture, perhaps damaged, and what there is to say about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from numpy.random import Generator
from PIL import Image

from rlrig.bundled.lessons.broken import broken
from rlrig.bundled.lessons.damage import damaged
from rlrig.bundled.lessons.nudged import nudged
from rlrig.bundled.lessons.questions import Examiner, Turn, description, dictation, instruction, whereabouts
from rlrig.bundled.lessons.variations import Staged, stage
from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import FREE, NEAT, PLAIN, Placement, Style, render
from rlrig_eval.suite.structures import Pairing

BEGINNER = 4000
"""The first lessons: to tell one or two things and their places is learned before anything is asked about more."""
QUESTIONS = 12
_FIRST_QUESTIONS = 4
_FIRST_STRUCTURES = ("single", "single", "pair", "negated")
_ROOM = 5  # questions left out for an instruction, which is as long: batches are padded to the longest row
_SHELF = 2000
_FRESH = 0.4
_NEAT, _NUDGED = 0.6, 0.6  # shares of scenes laid out as the Diffuser lays out, and with a thing a little off
_REPAINTED = 0.5
_BROKEN = 0.25  # share of drawn scenes with something in them that is neither this nor that
_REPAIRS = 0.6  # so that the base knows the words of an instruction; the Actor learns to write it


@dataclass(frozen=True)
class Lesson:
    """A picture, what there is to say about it, and the truth of what it shows."""

    picture: Image.Image
    turns: Sequence[Turn]
    scene: SceneGraph


def posed(rng: Generator, pairings: Sequence[Pairing], wrong: float, placement: Placement) -> Staged:
    """`stage`, and more often than not something in its scene is a little off."""
    staged = stage(rng, pairings, wrong=wrong, placement=placement)
    return replace(staged, scene=nudged(rng, staged.scene)) if rng.random() < _NUDGED else staged


class Shelf:
    """Staged scenes of the train bucket. Each is kept for a while and comes back two or three times.

    For laying out a scene costs more than asking about it.
    """

    def __init__(self, pairings: Sequence[Pairing], wrong: float = 0.5) -> None:
        """`wrong`: the share of scenes that do not show their prompt."""
        self._pairings, self._wrong = pairings, wrong
        self._kept: list[Staged] = []

    def take(self, rng: Generator) -> Staged:
        if self._kept and rng.random() >= _FRESH:
            return self._kept[int(rng.integers(len(self._kept)))]
        staged = posed(rng, self._pairings, self._wrong, NEAT if rng.random() < _NEAT else FREE)
        if len(self._kept) < _SHELF:
            self._kept.append(staged)
        else:
            self._kept[int(rng.integers(_SHELF))] = staged
        return staged


def shown(
    rng: Generator, staged: Staged, pairings: Sequence[Pairing], style: Style = PLAIN
) -> tuple[Staged, Image.Image]:
    """A scene drawn; now and then something in it is broken, and its truth is what is whole."""
    if rng.random() < _BROKEN and (found := broken(rng, staged.scene, pairings, style)) is not None:
        picture, whole = found
        return replace(staged, scene=whole), picture
    return staged, render(staged.scene, style=style)


class Lessons:
    """Makes a lesson from a random generator: few things and few questions at first, then all there is."""

    def __init__(
        self,
        pairings: Sequence[Pairing],
        styles: Sequence[Style] = (PLAIN,),
        repainted: Sequence[tuple[Staged, Image.Image]] = (),
        had: int = 0,
    ) -> None:
        """`repainted` are pictures by the Diffuser: _REPAINTED of the lessons, when there are any.

        `had` counts the lessons that the student had before this maker.
        """
        self._pairings, self._styles, self._repainted = pairings, styles, repainted
        self._examiner = Examiner(pairings)
        self._shelf = Shelf(pairings)
        self._had = had

    def __call__(self, rng: Generator) -> Lesson:
        self._had += 1
        if self._had <= BEGINNER:
            staged = stage(rng, self._pairings, structures=_FIRST_STRUCTURES)
            turns = self._turns(rng, staged, _FIRST_QUESTIONS)
            picture = render(staged.scene, style=self._style(rng))
            return Lesson(damaged(rng, picture), turns, staged.scene)
        staged, picture = self._picture(rng)
        repair = instruction(rng, staged.prompt, staged.scene) if rng.random() < _REPAIRS else None
        if repair is None:
            turns = self._turns(rng, staged, QUESTIONS)
        else:
            turns = [*self._turns(rng, staged, QUESTIONS - _ROOM), repair]
        return Lesson(damaged(rng, picture), turns, staged.scene)

    def _turns(self, rng: Generator, staged: Staged, questions: int) -> list[Turn]:
        told = [*whereabouts(rng, staged.scene, 2), description(staged.scene), dictation(rng)]
        return [*self._examiner.ask(rng, staged, questions), *told]

    def _picture(self, rng: Generator) -> tuple[Staged, Image.Image]:
        if self._repainted and rng.random() < _REPAINTED:
            return self._repainted[int(rng.integers(len(self._repainted)))]
        return shown(rng, self._shelf.take(rng), self._pairings, self._style(rng))

    def _style(self, rng: Generator) -> Style:
        return self._styles[int(rng.integers(len(self._styles)))]
