"""What a Diffuser or editor is measured on, and when an edit counts as done: held out, and read by `shapes.read`.

The reader saw no model and labels nothing that is trained on.
"""

from collections import Counter

import numpy as np
from PIL import Image

from rlrig.bundled.lessons.edits import Edit, sample_edit
from rlrig.bundled.lessons.wanted import wanted
from rlrig.instructions.sentences import SETTLING
from rlrig_eval.scene import Entity, SceneGraph, check
from rlrig_eval.shapes import (
    PAIRINGS,
    SEEN,
    LayoutError,
    NotAShapesDrawing,
    Split,
    layout,
    read,
    split,
    truth,
    unseen,
)
from rlrig_eval.suite.structures import compose

NEAR = 4.0
"""Canvas pixels by which the centre of an untouched thing may drift and still count as left alone."""

STRUCTURES = ("pair", "pair", "pair", "chain", "triangle", "counted", "between", "ordering")


def held_out_prompts(count: int, seed: int = 0, bucket: Split = "dev", with_unseen: bool = False) -> list[SceneGraph]:
    """Satisfiable prompt graphs of a held-out bucket: of seen pairings alone, or each with an unseen one."""
    rng, found = np.random.default_rng([96, seed]), list[SceneGraph]()
    while len(found) < count:
        graph = compose(rng, STRUCTURES[len(found) % len(STRUCTURES)], PAIRINGS if with_unseen else SEEN)
        if split(graph) != bucket or unseen(graph) != with_unseen:
            continue
        try:
            layout(graph, rng, attempts=6)
        except LayoutError:
            continue
        found.append(graph)
    return found


def held_out_edits(count: int, seed: int = 0, bucket: Split = "dev") -> list[Edit]:
    """Edits whose pictures should show a prompt of a held-out bucket."""
    rng, found = np.random.default_rng([95, seed]), list[Edit]()
    while len(found) < count:
        edit = sample_edit(rng)
        if split(wanted(edit)) == bucket:
            found.append(edit)
    return found


def fulfilled(edit: Edit, found: SceneGraph) -> bool:
    """The picture has the target's things, in the sizes that were settled, and the relations that were asked for.

    Of things alike, where one is to go, it may be the large one or the small one.
    """
    there = {entity.id for entity in edit.source.entities}
    told = edit.touched if any(goal.predicate in SETTLING for goal in edit.goals) else frozenset()
    shown = truth(edit.target).entities
    settled = [e for e in shown if e.id in there - told and _sizeless(_look(e)) not in _going(edit)]
    left = [_look(entity) for entity in found.entities]
    for look in map(_look, settled):
        if look not in left:
            return False
        left.remove(look)
    # Nobody said how large what is new, or made to fit, should be.
    free = [_sizeless(_look(entity)) for entity in shown if entity not in settled]
    return sorted(map(_sizeless, left)) == sorted(free) and all(check(edit.goals, found).values())


def preserved(edit: Edit, found: SceneGraph) -> bool:
    """What the edit does not touch is where it was; of things alike, where one is to go, it may be any."""
    places = [(_look(entity), _centre(entity)) for entity in found.entities]
    before, left = truth(edit.source).entities, {entity.id for entity in edit.target.entities}
    gone: Counter[tuple[str, ...]] = Counter()
    for entity in before:
        if entity.id in edit.touched and entity.id in left:
            continue
        look = _look(entity)
        if not any(p[0] == look and np.hypot(*(p[1] - _centre(entity))) <= NEAR for p in places):
            gone[_sizeless(look)] += 1
    return gone <= _going(edit)


def _going(edit: Edit) -> Counter[tuple[str, ...]]:
    """How many of each look, but for the size, are to go."""
    left = {entity.id for entity in edit.target.entities}
    return Counter(_sizeless(_look(entity)) for entity in truth(edit.source).entities if entity.id not in left)


def _look(entity: Entity) -> tuple[str, ...]:
    return entity.category, *entity.attributes


def _sizeless(look: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in look if word not in ("small", "large"))


def _centre(entity: Entity) -> np.ndarray:
    x0, y0, x1, y1 = entity.box or (0.0, 0.0, 0.0, 0.0)
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2])


def read_or_nothing(picture: Image.Image) -> SceneGraph:
    """What is in the picture; nothing when it is no drawing of this world."""
    try:
        return read(picture)
    except NotAShapesDrawing:
        return SceneGraph()
