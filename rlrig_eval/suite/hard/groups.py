"""The groups of a suite: composed, in one bucket, drawable, and read back as what they ask for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np
from numpy.random import Generator

from rlrig_eval.scene import SceneGraph, check
from rlrig_eval.shapes import PAIRINGS, SEEN, LayoutError, NotAShapesDrawing, Split, layout, read, render, split, unseen
from rlrig_eval.suite.hard.members import Draw, Member
from rlrig_eval.suite.hard.room import roomy, spacing
from rlrig_eval.suite.hard.structures import STRUCTURES
from rlrig_eval.suite.wording import word

GROUPS: Mapping[Split, Mapping[str, int]] = {
    "test": {
        "ordering": 16, "alignment": 18, "counts": 20, "denied": 16, "closure": 8, "contact": 16, "distance": 12,
        "size": 16, "ladder": 10, "touching": 18, "five": 8,
    },
    "dev": {
        "ordering": 2, "alignment": 3, "counts": 2, "denied": 2, "closure": 1, "contact": 2, "distance": 1, "size": 2,
        "ladder": 1, "touching": 3, "five": 1,
    },
}  # fmt: skip
"""Split -> structure -> groups."""

TRAINED = 4
"""`suite.structures`, which all training draws from, composes graphs of at most so many relations."""

_UNSEEN_EVERY = 4  # one group in four has a held-out pairing
_PATIENCE = 3000  # draws of such a group; some buckets have none, then one without must do
_ATTEMPTS, _FORESIGHT, _TRIES = 30, 5, 8


@dataclass(frozen=True)
class Group:
    """The members of a group, and the structure that they came from."""

    structure: str
    number: int
    members: tuple[Member, ...]


Make = Callable[[int, Split, str, int], Group]


def groups(seed: int, bucket: Split, make: Make | None = None) -> dict[str, list[Group]]:
    """Structure -> its groups, as many as GROUPS says; one that would repeat the text of another is passed over."""
    used: set[str] = set()
    found: dict[str, list[Group]] = {}
    for structure, wanted in GROUPS[bucket].items():
        kept = found.setdefault(structure, [])
        for number in count():
            if len(kept) == wanted:
                break
            new = (make or group)(seed, bucket, structure, number)
            texts = {word(graph) for member in new.members for graph in (member.graph, member.twin)}
            if not texts & used:
                used |= texts
                kept.append(new)
    return found


def group(seed: int, bucket: Split, structure: str, number: int) -> Group:
    """Group `number` of a structure: a function of its arguments alone, whatever other groups there are."""
    rng = np.random.default_rng([seed, list(GROUPS).index(bucket), list(STRUCTURES).index(structure), number])
    for attempt in count():
        novel = number % _UNSEEN_EVERY == _UNSEEN_EVERY - 1 and attempt < _PATIENCE
        draw = Draw(rng, PAIRINGS if novel else SEEN, number, partial(belongs, bucket=bucket))
        members = _in_bucket(STRUCTURES[structure](draw), bucket)
        if not members or (novel and not unseen(members[-1].graph)):
            continue
        if all(_drawn(graph, rng) for member in members for graph in (member.graph, member.twin)):
            return Group(structure, number, members)
    raise AssertionError  # count() does not end


def _drawn(graph: SceneGraph, rng: Generator) -> bool:
    return any(drawable(graph, rng) for _ in range(_TRIES))


def drawable(graph: SceneGraph, rng: Generator) -> bool:
    """Whether the world can draw `graph`, and its reader then finds every requirement met in the picture.

    Where nothing is said of size or of what is inside or over what, all things are drawn small: there is more room.
    """
    try:
        seen = read(render(_laid_out(graph, rng)))
    except (LayoutError, NotAShapesDrawing):
        return False
    return all(check(graph.requirements(), seen).values())


def _laid_out(graph: SceneGraph, rng: Generator) -> SceneGraph:
    return layout(roomy(graph), rng, _ATTEMPTS, foresight=_FORESIGHT, placement=spacing(graph))


def belongs(graph: SceneGraph, bucket: Split) -> bool:
    """Whether a graph is in the bucket, or has more relations than any that is trained on."""
    return len(graph.relations) > TRAINED or split(graph) == bucket


def _in_bucket(members: Iterator[Member], bucket: Split) -> tuple[Member, ...]:
    """All of the members; none when one of them, or a twin, is in another bucket."""
    kept: list[Member] = []
    for member in members:
        if not (belongs(member.graph, bucket) and belongs(member.twin, bucket)):
            return ()
        kept.append(member)
    return tuple(kept)
