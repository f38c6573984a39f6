"""What a bundled VLM is taught to answer about a drawn scene; every answer comes from the drawing's truth."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from rlrig.backends.chat import ask, ask_repair
from rlrig.bundled.lessons.variations import Staged, vary
from rlrig.instructions.repair import failures, repair
from rlrig_eval.scene import Entity, Relation, Requirement, SceneGraph, check, opposite
from rlrig_eval.scene.phrases import describe
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES
from rlrig_eval.suite.structures import PREDICATES, Pairing
from rlrig_eval.suite.wording import at_random, word

YES, NO = "yes", "no"
GRID = 2
"""Places are told in steps of this many canvas pixels: "at 5 10" is around x = 10, y = 20."""

_COMMON = {
    "exists": 3,
    "count": 3,
    "attribute": 3,
    "negated": 2,
}  # how often, against once for each predicate
_SLACK = 3  # by how many the yeses and noes of one topic may differ


@dataclass(frozen=True)
class Turn:
    """A user's question and the right answer; `topic`: a requirement kind, a predicate, or an exercise."""

    prompt: str
    answer: str
    topic: str


def topic(requirement: Requirement) -> str:
    """The predicate of a relation ("negated" when it is), else the kind."""
    if requirement.kind != "relation":
        return requirement.kind
    return "negated" if requirement.negated else requirement.predicate or ""


class Examiner:
    """Asks about scene after scene such that over time topics come evenly, and yes as often as no in each."""

    def __init__(self, pairings: Sequence[Pairing]) -> None:
        self._pairings = pairings
        self._asked: Counter[tuple[str, str]] = Counter()

    def ask(self, rng: Generator, staged: Staged, count: int) -> list[Turn]:
        """At most `count` different yes/no questions about the scene."""
        own = list(verdicts(staged.prompt, staged.scene))
        others = list(self._candidates(rng, staged, count))
        # Its prompt's own come first where they are as wanted as others: these are what a Checker will be asked.
        order = list(dict.fromkeys([*_shuffled(rng, own), *_shuffled(rng, others)]))
        chosen: list[Turn] = []
        while order and len(chosen) < count:
            fair = [turn for turn in order if self._lead(turn) < _SLACK]
            if not fair:
                break
            turn = min(fair, key=lambda turn: (self._rate(turn.topic), self._lead(turn)))
            order.remove(turn)
            chosen.append(turn)
            self._asked[turn.topic, turn.answer] += 1
        return chosen

    def _rate(self, topic: str) -> float:
        return (self._asked[topic, YES] + self._asked[topic, NO]) // 2 / _COMMON.get(topic, 1)

    def _lead(self, turn: Turn) -> int:
        other = NO if turn.answer == YES else YES
        return self._asked[turn.topic, turn.answer] - self._asked[turn.topic, other]

    def _candidates(self, rng: Generator, staged: Staged, count: int) -> Iterator[Turn]:
        seen = retold(rng, staged)
        graphs = [
            seen,
            *(vary(rng, graph, self._pairings) for graph in (staged.prompt, seen, seen)),
            guessed(rng, staged, 3 * count),
        ]
        for graph in graphs:
            yield from verdicts(graph, staged.scene)


def _shuffled(rng: Generator, turns: Sequence[Turn]) -> list[Turn]:
    return [turns[i] for i in rng.permutation(len(turns))]


def verdicts(graph: SceneGraph, scene: SceneGraph) -> Iterator[Turn]:
    """The question of every requirement of `graph`, answered for `scene`."""
    requirements = graph.requirements()
    truth = check(requirements, scene)
    for requirement in requirements:
        yield Turn(ask(requirement.question()), YES if truth[requirement.id] else NO, topic(requirement))


def retold(rng: Generator, staged: Staged) -> SceneGraph:
    """What the scene shows, group by group; half of the relations of the picture are turned wrong."""
    groups = {entity.id for entity in staged.staged.entities}
    stated: dict[Relation, None] = {}
    for fact in staged.scene.relations:
        names = [name if name in groups else name.split("#")[0] for name in (fact.subject, *fact.objects)]
        if len(set(names)) < len(names):
            continue
        subject, *objects = names
        predicate = fact.predicate
        turn = rng.random()
        if len(objects) == 1 and rng.random() < 0.5:  # the same fact, seen from the other side
            subject, objects, predicate = (
                objects[0],
                [subject],
                opposite(predicate) if predicate not in _EVEN else predicate,
            )
        if turn < 0.25:
            subject, objects = objects[0], [subject, *objects[1:]]
        elif turn < 0.5 and len(objects) == 1:
            predicate = opposite(predicate)
        negated = bool(rng.random() < 0.15)
        object_ = (objects[0], objects[1]) if len(objects) == 2 else objects[0]
        stated[Relation(subject=subject, predicate=predicate, object=object_, negated=negated)] = None
    return SceneGraph(entities=staged.staged.entities, relations=tuple(stated))


_BETWEEN = 0.4  # of what is guessed: three things seldom stand in a row, and what nearly does so is the hard case


def guessed(rng: Generator, staged: Staged, count: int) -> SceneGraph:
    """The things of the scene, group by group, with at most `count` relations at random.

    What a picture shows, turned round, makes noes that are easy: two things side by side are not above one another
    either. Between others may be any, but rather the one that is nearest to the middle of the other two.
    """
    graph, stated = staged.staged, dict[Relation, None]()
    there = {entity.id.split("#")[0] for entity in staged.scene.entities}
    for _ in range(count):
        chosen = [graph.entities[i].id for i in rng.permutation(len(graph.entities))[:3]]
        if len(chosen) > 2 and rng.random() < _BETWEEN:
            if there.issuperset(chosen) and rng.random() < _MIDDLE:
                chosen = _middle_first(chosen, staged.scene)
            stated[Relation(subject=chosen[0], predicate="between", object=(chosen[1], chosen[2]))] = None
        elif len(chosen) > 1:
            predicate = PREDICATES[int(rng.integers(len(PREDICATES)))]
            stated[Relation(subject=chosen[0], predicate=predicate, object=chosen[1])] = None
    return SceneGraph(entities=graph.entities, relations=tuple(stated))


_MIDDLE = 0.7  # of what is guessed of three: what is off their line by more than it looks


def _middle_first(names: Sequence[str], scene: SceneGraph) -> list[str]:
    """Three groups of a scene, first the one whose centre is nearest to the middle of the other two's.

    That is the one nearest to the middle of all three, for the one distance is half as long again as the other.
    """
    centres = np.array([_centre(name, scene) for name in names])
    middle = names[int(np.hypot(*(centres - centres.mean(0)).T).argmin())]
    return [middle, *(name for name in names if name != middle)]


def _centre(group: str, scene: SceneGraph) -> np.ndarray:
    boxes = np.array([entity.box for entity in scene.entities if entity.id.split("#")[0] == group])
    return np.asarray((boxes[:, :2] + boxes[:, 2:]).mean(0) / 2)


_EVEN = ("near", "far from")


def description(scene: SceneGraph) -> Turn:
    """Everything in the picture from left to right, with its place: the exercise that teaches to see."""
    things = sorted(scene.entities, key=lambda entity: (_place(entity), entity.id))
    return Turn("describe the picture.", "; ".join(_told(entity) for entity in things), "describe")


def dictation(rng: Generator) -> Turn:
    """A few words to repeat: the exercise that teaches to copy, which an instruction does with the prompt's words."""
    words = [_DICTATED[i] for i in rng.integers(len(_DICTATED), size=int(rng.integers(3, 8)))]
    return Turn(f"keep: {' '.join(words)}.", " ".join(words), "dictation")


_DICTATED = (*COLOURS, *SHAPES, *PREDICATES)


def whereabouts(rng: Generator, scene: SceneGraph, count: int) -> list[Turn]:
    """Where is a thing that a phrase picks out alone; the answer says all about it."""
    turns = []
    for entity in (scene.entities[i] for i in rng.permutation(len(scene.entities))[:count]):
        words = [word for word in entity.attributes if rng.random() < 0.6]
        alike = [e for e in scene.entities if e.category == entity.category and set(words) <= set(e.attributes)]
        if len(alike) == 1:
            turns.append(Turn(f"where is the {describe(entity.category, tuple(words))}?", _told(entity), "where"))
    return turns


def instruction(rng: Generator, prompt: SceneGraph, scene: SceneGraph) -> Turn | None:
    """The Actor's turn: the edit that mends one failure of `scene`, which is told; None when nothing is wrong."""
    failed = failure(rng, prompt, scene)
    if failed is None:
        return None
    return Turn(ask_repair(word(prompt, at_random(rng)), [failed]), repair(prompt, scene, failed), "repair")


def failure(rng: Generator, prompt: SceneGraph, scene: SceneGraph) -> Requirement | None:
    """One of the failures at random: in the loop it is what the Checker doubts most, of whatever kind."""
    found = failures(prompt, scene)
    return found[int(rng.integers(len(found)))] if found else None


def _told(entity: Entity) -> str:
    x, y = _place(entity)
    words = tuple(word for word in entity.attributes if word in COLOURS or word in ("small", "large"))
    return f"{describe(entity.category, words)} at {x} {y}"


def _place(entity: Entity) -> tuple[int, int]:
    if entity.box is None:
        raise ValueError(f"entity {entity.id!r} is not drawn")
    x0, y0, x1, y1 = entity.box
    return round((x0 + x1) / 2 / GRID), round((y0 + y1) / 2 / GRID)
