"""The control of the Actor: an edit at random, in the words that the editor knows, whatever is wrong."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from PIL.Image import Image

from rlrig.instructions.sentences import MOVES, Clause, add, move, name, recolour, remove, swap
from rlrig.spent import Spent
from rlrig_eval.scene import Requirement
from rlrig_eval.scene.parse import read
from rlrig_eval.shapes.vocabulary import COLOURS


class RandomActor:
    """Draws an instruction over the things that the prompt names; looks neither at the picture nor at what failed."""

    def write(
        self,
        images: Sequence[Image],
        prompts: Sequence[str],
        failed: Sequence[Sequence[Requirement]],
        seeds: Sequence[int],
    ) -> list[str]:
        """One instruction a prompt, of its seed alone."""
        self.spent = [Spent()] * len(prompts)
        return [instruction(prompt, np.random.default_rng(seed)) for prompt, seed in zip(prompts, seeds, strict=True)]


def instruction(prompt: str, rng: Generator) -> str:
    """A grammatical edit of the prompt's things; every kind of edit that they admit is equally likely."""
    things = sorted({name(entity) for entity in read(prompt).graph.entities})
    if not things:
        return "change the picture"
    order = [things[i] for i in rng.permutation(len(things))]
    kinds = _ALONE if len(order) == 1 else (*_ALONE, *_TOGETHER)
    return kinds[int(rng.integers(len(kinds)))](rng, order)


def _clause(rng: Generator, other: str) -> Clause:
    return Clause(MOVES[int(rng.integers(len(MOVES)))], (other,))


def _add(rng: Generator, things: Sequence[str]) -> str:
    return add(things[0], [_clause(rng, other) for other in things[1:2]])


def _remove(rng: Generator, things: Sequence[str]) -> str:
    return remove(things[0])


def _recolour(rng: Generator, things: Sequence[str]) -> str:
    others = [colour for colour in COLOURS if colour not in things[0].split()]
    return recolour(things[0], others[int(rng.integers(len(others)))])


def _move(rng: Generator, things: Sequence[str]) -> str:
    return move(things[0], [_clause(rng, things[1])])


def _swap(rng: Generator, things: Sequence[str]) -> str:
    return swap(things[0], things[1])


_Kind = Callable[[Generator, Sequence[str]], str]
_ALONE: tuple[_Kind, ...] = (_add, _remove, _recolour)
_TOGETHER: tuple[_Kind, ...] = (_move, _swap)
