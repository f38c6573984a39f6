"""Lists of things: what joins them, and what is said at their end: "a cup and a plate on a table" has both on it."""

from collections.abc import Sequence

from rlrig_eval.scene.graph import Relation
from rlrig_eval.scene.language.draft import Draft, Thing
from rlrig_eval.scene.language.lexicon import STATES
from rlrig_eval.scene.language.things import read_things, starts_thing
from rlrig_eval.scene.language.walk import Walk


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


def read_list(walk: Walk, draft: Draft, listed: list[Thing]) -> str:
    """Read on in a list, into `listed`; "and" when it was ended as a list is, "," when not, "" when nothing was added.

    "a, b and c", "a, b, and c", "a and b" are ended; "a, and b" sets the last apart.
    """
    joint = ""
    while joint != "and":
        step = int(walk.word == ",")
        ended = walk.peek(step) == "and"
        step += ended
        if not step or not starts_thing(walk, step):
            break
        if listed:
            joint = "and" if ended and (step == 1 or len(listed) > 1) else ","
        walk.at += step
        listed += read_things(walk, draft, listed)
    return joint


def is_part(thing: Thing, before: Sequence[Thing], ends_list: bool) -> bool:
    """Whether a numbered thing may be of a larger group that met before: "two circles, one circle above a square".

    Not where each has an attribute that the other lacks, or where the thing ends a list and one of them does ("two dogs
    and one black dog", "two black dogs and one dog").
    """
    words = set(thing.attributes)
    groups = [group for group in before if group.category == thing.category and group.count > thing.count]
    return thing not in before and any(
        words == set(group.attributes)
        or (not ends_list and (words.issubset(group.attributes) or words.issuperset(group.attributes)))
        for group in groups
    )
