"""What a comma takes up again: clauses about things that met before, without a noun phrase of their own."""

from collections.abc import Sequence
from contextlib import suppress

from rlrig_eval.scene.language.draft import Draft, Thing
from rlrig_eval.scene.language.relate import refers_back_ahead, relation_ahead
from rlrig_eval.scene.language.things import read_things
from rlrig_eval.scene.language.walk import Unread, Walk

TAKES_UP = frozenset(("both", "with"))
"""How a clause begins that may take up things."""


def taken_up(walk: Walk, draft: Draft, listed: Sequence[Thing]) -> list[Thing]:
    """The things that the clause ahead takes up, with its first words taken; none when it begins otherwise.

    ", both above a square" is about the two things that are `listed`, ", with the circle above the square" about the
    circle that met before.
    """
    if not _after_comma(walk):
        return []
    at, met, known = walk.at, len(draft.things), len(walk.problems)
    if walk.take("both"):
        if sum(thing.count for thing in listed) == 2 and (relation_ahead(walk) or walk.word == "are"):
            return list(listed)
    elif walk.word == "with" and walk.peek(1) == "the":
        walk.at += 1
        with suppress(Unread):
            things = read_things(walk, draft)
            if len(draft.things) == met and relation_ahead(walk) and not refers_back_ahead(walk):
                return things
    walk.at = at
    del draft.things[met:], walk.problems[known:]
    return []


def set_apart(walk: Walk, draft: Draft, listed: Sequence[Thing]) -> list[Thing]:
    """What ", left of a square" can be said of: the only noun phrase of the sentence so far, of which nothing is said.

    Empty when there is none, or no comma before.
    """
    met = [thing for thing in draft.things if thing.sentence == draft.sentence]
    return met if len(met) == 1 and met == list(listed) and _after_comma(walk) else []


def _after_comma(walk: Walk) -> bool:
    return walk.at > 0 and walk.text.words[walk.at - 1] == ","
