"""Where training and evaluation begin: prompts of the right split, drawn by the Diffuser, seen by the Checker."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from rlrig.grpo.buffer import StartBuffer
from rlrig.grpo.config import SHAPES
from rlrig.grpo.outcomes import Start
from rlrig.grpo.seeds import derive
from rlrig.presets import Loop
from rlrig.roles import Checker, Diffuser
from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.scene import SceneGraph
from rlrig_eval.scene.requirements import Counting
from rlrig_eval.shapes import SEEN, LayoutError, Split, layout, split, unseen
from rlrig_eval.suite import load, names
from rlrig_eval.suite.structures import STRUCTURES, compose
from rlrig_eval.suite.wording import word


class Asked(NamedTuple):
    """A prompt's text and graph, and how its suite counts."""

    text: str
    graph: SceneGraph
    counting: Counting = "exact"


Prompts = Callable[[int], Asked]
"""The i-th prompt of an endless stream."""

_FRUITLESS = 256
"""So many pictures without one to start from are enough, however few are drawn at a time."""


def shapes_prompt(seed: int, structures: Sequence[str] = (), bucket: Split = "train") -> Prompts:
    """Prompts of one of the shapes world's buckets, of pairings that may be trained on, that can be laid out; of
    `structures`, each as often as it stands there, or evenly of all."""
    among = structures or sorted(STRUCTURES)

    def asked(number: int) -> Asked:
        rng = np.random.default_rng([seed, number])
        while True:
            graph = compose(rng, among[int(rng.integers(len(among)))], SEEN)
            if _may_be_asked(graph, bucket) and _possible(graph, rng):
                return Asked(word(graph), graph)

    return asked


def suite_prompts(name: str, seed: int) -> Prompts:
    """The prompts of a suite, over and over, in an order of their own each time.

    Raises UsageError for a suite without prompts, one that ships with the harness, or one of the shapes world with
    prompts that are not for training.
    """
    suite = load(name)
    if not suite.prompts:
        raise UsageError(f"suite {name}: no prompts to train on")
    if suite.name in names():
        raise UsageError(
            f"prompts {name}: that suite measures what was trained; give one of your own, or `prompts: shapes`, which "
            "makes as many of the shapes world's train bucket as it takes"
        )
    kept = [prompt.id for prompt in suite.prompts if suite.world == "shapes" and not _may_be_asked(prompt.graph)]
    if kept:
        raise UsageError(
            f"prompts {name}: {len(kept)} of {len(suite.prompts)} are of the dev or test bucket, or of a pairing that "
            f"nothing is trained on ({kept[0]} is the first), and measure what was trained; `prompts: shapes` makes "
            "as many of the train bucket as it takes"
        )

    def asked(number: int) -> Asked:
        round_, place = divmod(number, len(suite.prompts))
        prompt = suite.prompts[int(np.random.default_rng([seed, round_]).permutation(len(suite.prompts))[place])]
        return Asked(prompt.text, prompt.graph, suite.counting_for(prompt))

    return asked


def drawn(
    diffuser: Diffuser, checker: Checker, asked: Sequence[Asked], seeds: Sequence[int], threshold: float
) -> list[Start]:
    """One picture of each prompt, with what the Checker thinks of it."""
    images = diffuser.draw([one.text for one in asked], seeds)
    answers = checker.check(images, [one.graph.requirements(one.counting) for one in asked])
    return [
        Start(one.text, one.graph, image, tuple(chances), threshold, one.counting)
        for one, image, chances in zip(asked, images, answers, strict=True)
    ]


class StartSource:
    """Fills the buffer of failed pictures as training takes from it."""

    def __init__(
        self,
        prompts: Prompts,
        diffuser: Diffuser,
        checker: Checker,
        seed: int,
        draw: int,
        loop: Loop,
        visits: int = 1,
    ) -> None:
        self._prompts, self._diffuser, self._checker = prompts, diffuser, checker
        self._seed, self._draw, self._threshold = seed, draw, loop.threshold
        self.buffer, self.position = StartBuffer(least=loop.fresh_below, visits=visits), 0

    def take(self, count: int) -> list[Start]:
        """The buffer's `count` first failed pictures, which leave it.

        Raises RunError when pictures are drawn and none of them can be started from.
        """
        self._fill(count)
        return self.buffer.take(count)

    def peek(self, count: int) -> list[Start]:
        """What `take` would give."""
        self._fill(count)
        return self.buffer.peek(count)

    def _fill(self, count: int) -> None:
        """Draw, so many at a time, while there are fewer than `count`."""
        fruitless = list[Start]()
        self.buffer.reserve(count)
        while len(self.buffer) < count:
            numbers = range(self.position, self.position + self._draw)
            self.position += self._draw
            made = drawn(
                self._diffuser,
                self._checker,
                [self._prompts(number) for number in numbers],
                [derive(self._seed, number) for number in numbers],
                self._threshold,
            )
            fruitless = [] if self.buffer.add(made) else [*fruitless, *made]
            if len(fruitless) >= _FRUITLESS:
                solved = sum(start.view.satisfied for start in fruitless)
                raise RunError(
                    f"no picture to start from: of the last {len(fruitless)} drawn, {solved} have nothing to mend and "
                    f"{len(fruitless) - solved} meet no requirement, or so few that the loop would draw afresh "
                    "(what is trained on lies between)"
                )


def dev_prompts(name: str, count: int, seed: int = 0, structures: Sequence[str] = ()) -> list[Asked]:
    """The first `count` prompts of a suite, by which weights are chosen; of `shapes`, as many of the shapes world's dev
    bucket as are asked for, composed as those of `shapes_prompt`.

    Raises UsageError for a suite that the trained system is to be measured on: a shipped one's test split, or prompts
    of the shapes world's test bucket.
    """
    if name == SHAPES:
        return list(map(shapes_prompt(seed, structures, "dev"), range(count)))
    suite = load(name)
    tested = suite.world == "shapes" and any(split(prompt.graph) == "test" for prompt in suite.prompts)
    if tested or (suite.name in names() and suite.split == "test"):
        raise UsageError(
            f"evaluation.suite {name}: what is chosen by test prompts cannot be measured on them; take spatial:dev"
        )
    return [Asked(prompt.text, prompt.graph, suite.counting_for(prompt)) for prompt in suite.prompts[:count]]


def dev_starts(prompts: Sequence[Asked], diffuser: Diffuser, checker: Checker, seed: int, loop: Loop) -> list[Start]:
    """Of `prompts` the failed pictures that `loop` would edit, the same in every evaluation of every run of a seed.

    Raises RunError where there is none.
    """
    made = drawn(diffuser, checker, prompts, [derive(seed, i) for i in range(len(prompts))], loop.threshold)
    failed = [start for start in made if not start.view.satisfied and start.view.reward >= loop.fresh_below]
    if not failed:
        raise RunError(f"evaluation: of {len(made)} pictures there is none that the loop would edit")
    return failed


def _may_be_asked(graph: SceneGraph, bucket: Split = "train") -> bool:
    return split(graph) == bucket and not unseen(graph)


def _possible(graph: SceneGraph, rng: np.random.Generator) -> bool:
    try:
        layout(graph, rng, attempts=6)
    except LayoutError:
        return False
    return True
