"""Whose left is meant: sides that belong to a thing ("to its left"), and frames ("from the dog's point of view")."""

from collections.abc import Collection

from rlrig_eval.scene.language.draft import Draft, Frame, Thing
from rlrig_eval.scene.language.lexicon import POSSESSIVES
from rlrig_eval.scene.language.relate import own_view_ahead, take_side_words, take_view_words
from rlrig_eval.scene.language.things import antecedents, read_things
from rlrig_eval.scene.language.walk import Unread, Walk

_VIEW_STARTS = frozenset(", from as seen".split())


def read_own_side(walk: Walk, draft: Draft, exclude: Collection[Thing]) -> tuple[str, list[Thing]]:
    """Read "on the dog's left", "to its right": the predicate, and whose side it is."""
    walk.at += 1
    owners, possessive = _owners(walk, draft, exclude)
    if not possessive:
        raise walk.lost("whose side it is")
    predicate = f"{walk.word} of"
    walk.at += 1
    take_side_words(walk)
    return predicate, owners


def read_view(walk: Walk, draft: Draft) -> list[Thing] | Frame | None:
    """Read "from the viewer's side" or "from the dog's perspective", if it is ahead."""
    at = walk.at
    if walk.word not in _VIEW_STARTS:
        return None
    walk.take(",")
    if walk.take_term("viewer"):
        return "viewer"
    if own_view_ahead(walk) is None:
        walk.at = at
        return None
    walk.at += 1
    owners, _ = _owners(walk, draft, ())
    take_view_words(walk)
    return owners


def set_frame(walk: Walk, draft: Draft, viewed: list[Thing] | Frame | None, first: int, began: int) -> None:
    """Set the frame of the relations from number `first` on.

    Raises:
        Unread: there are none, or the frame is that of a thing that they do not refer to.
    """
    if viewed is None:
        return
    relations = draft.relations
    owners = {thing.id for thing in viewed} if isinstance(viewed, list) else None
    new = relations[first:]
    if not new or (owners is not None and any(owners.isdisjoint(relation.objects) for relation in new)):
        del relations[first:]
        why = f"{walk.since(began)!r}: a frame is the viewer's, or that of the thing a relation refers to"
        raise Unread(why, began, walk.at)
    if owners is not None:
        relations[first:] = [relation.model_copy(update={"frame": "object"}) for relation in new]


def _owners(walk: Walk, draft: Draft, exclude: Collection[Thing]) -> tuple[list[Thing], bool]:
    """Read "its", "the dog's" or "the dog": the things, and whether the words say that something is theirs."""
    if (plural := POSSESSIVES.get(walk.word)) is None:
        return read_things(walk, draft, exclude), walk.take("'s")
    owners = antecedents(walk, draft, plural, exclude)
    walk.at += 1
    return owners, True
