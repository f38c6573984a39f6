"""What the picture that an edit makes should show, as a prompt."""

from collections.abc import Sequence

from rlrig.bundled.lessons.edits import Edit
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.suite.wording import word


def after(edit: Edit) -> str:
    """`wanted`, in the standard wording."""
    return word(wanted(edit))


def wanted(edit: Edit) -> SceneGraph:
    """What the target should show, as a prompt: its things, and the relations that the edit asks for.

    As prompts do it counts things alike, and names a size only where the edit is about one.
    """
    relations = tuple(
        Relation(subject=goal.entities[0], predicate=goal.predicate, object=_object(goal.entities[1:]))
        for goal in edit.goals
        if goal.predicate is not None
    )
    named = {number for goal in edit.goals for number in goal.entities}
    sized = edit.instruction.split()[-1] in ("small", "large")
    told: dict[tuple[object, ...], Entity] = {}
    for entity in bare(edit.target):
        words = tuple(word for word in entity.attributes if sized or word not in ("small", "large"))
        alike = (entity.category, words, entity.id if entity.id in named else None)
        count = told[alike].count + 1 if alike in told else 1
        told[alike] = entity.model_copy(update={"attributes": words, "count": count})
    return SceneGraph(entities=tuple(told.values()), relations=relations)


def bare(scene: SceneGraph) -> tuple[Entity, ...]:
    """Its things, wherever they are."""
    return tuple(entity.model_copy(update={"box": None, "depth": None}) for entity in scene.entities)


def _object(ids: Sequence[str]) -> str | tuple[str, ...]:
    return ids[0] if len(ids) == 1 else tuple(ids)
