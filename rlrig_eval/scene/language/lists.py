"""What is said at the end of a list, of the whole list: "a cup and a plate on a table" has both on it."""

from collections.abc import Sequence

from rlrig_eval.scene.graph import Relation
from rlrig_eval.scene.language.draft import Thing
from rlrig_eval.scene.language.lexicon import STATES


def shared(said: Sequence[Relation], last: Thing, listed: Sequence[Thing]) -> list[Relation]:
    """What is `said` of the `last` thing, said of those that are `listed` before it; they do what it does, too.

    Nothing where it cannot be meant so: it is denied, or refers back to one of them.
    """
    before = {thing.id for thing in listed}
    if any(relation.negated or before & {relation.subject, *relation.objects} for relation in said):
        return []
    about = [relation for relation in said if last.id in (relation.subject, *relation.objects)]
    for thing in listed if about else ():
        thing.describe(word for word in last.attributes if word in STATES)
    return [_of(thing, relation, last) for thing in listed for relation in about]


def _of(thing: Thing, relation: Relation, last: Thing) -> Relation:
    subject, *objects = (thing.id if name == last.id else name for name in (relation.subject, *relation.objects))
    object_ = (objects[0], objects[1]) if len(objects) == 2 else objects[0]
    return relation.model_copy(update={"subject": subject, "object": object_})
