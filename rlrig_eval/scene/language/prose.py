"""Sentences: clauses joined by commas, "and" and full stops.

Where English leaves open what belongs to what, the words count as not understood.
"""

from itertools import pairwise

from rlrig_eval.scene.language.clauses import Clauses
from rlrig_eval.scene.language.draft import Draft
from rlrig_eval.scene.language.lexicon import ABSENCE, CLAUSE_JOINTS
from rlrig_eval.scene.language.things import read_things, starts_thing
from rlrig_eval.scene.language.walk import Unread, Walk

_STOPS = frozenset(".!?")
_ORDERS = {
    ("left", "right"): "left of", ("right", "left"): "right of", ("top", "bottom"): "above", ("bottom", "top"): "below",
}  # fmt: skip


def read_prose(walk: Walk, draft: Draft) -> None:
    """Read all sentences into `draft`; what cannot be read becomes a problem of `walk`."""
    clauses = Clauses(walk, draft)
    before: bool | None = None  # whether the clause before states a relation; None when nothing hangs on it
    joint, began, finite = "", 0, False
    _opening(walk)
    order = _order(walk)
    while True:
        mark = len(draft.relations)
        try:
            related = clauses.read()
            order = order or ("" if related else _order(walk))
            if order and (walk.done or walk.word in _STOPS):
                way, order = order, ""
                _in_order(draft, clauses, way, walk)
            if related is not None:
                # "a R b and c is S d": is c beside b, or on its own?
                mixed = related and before and clauses.finite != finite and joint == "and"
                alone = joint in ("and", ";") and before not in (None, related) and not clauses.took_list
                if mixed or alone or clauses.splits_list:
                    del draft.relations[mark:]
                    raise _unclear(walk, began)
                if joint == ";" and not related:
                    raise walk.lost("a relation", began)
                before, finite = related, clauses.finite
            if walk.done:
                return
            began = walk.at
            joint = _joint(walk, clauses)
            if joint == ".":
                before, order = None, _order(walk)
            if walk.done and joint in (".", ";"):
                return
        except Unread as lost:
            _salvage(walk, draft, lost)
            clauses.forget()
            joint, before = "", None
            while walk.word and walk.word in CLAUSE_JOINTS:
                _joint(walk, clauses)
            if walk.done:
                return


def _order(walk: Walk) -> str:
    """Take "from left to right" and the like; how each thing of the list stands to the next, or ""."""
    comma = walk.word == ","
    if walk.peek(comma) != "from" or walk.peek(comma + 2) != "to":
        return ""
    way = _ORDERS.get((walk.peek(comma + 1), walk.peek(comma + 3)), "")
    if way:
        walk.at += comma + 4
        walk.take_any((":", ","))
    return way


def _in_order(draft: Draft, clauses: Clauses, way: str, walk: Walk) -> None:
    """A sentence that names an order is a list of things and nothing else."""
    if len(clauses.listed) < 2:
        raise walk.lost("two things or more in an order")
    for thing in draft.things:
        if thing.sentence == draft.sentence and thing not in clauses.listed:  # "a cat on a mat, a dog": in what order?
            raise Unread(f"it is unclear where {thing.category!r} stands in the order", walk.at - 1, walk.at)
    for one, next_ in pairwise(clauses.listed):
        draft.relate(one, way, [next_])


def _unclear(walk: Walk, began: int) -> Unread:
    words = walk.since(began)
    if walk.text.words[began] == ";":
        return Unread(f"cannot read {words!r}: a relation on both sides or on neither", began, walk.at)
    if walk.text.words[began] == ",":
        return Unread(f"it is unclear whether {words!r} is said of the whole list", began, walk.at)
    return Unread(f"it is unclear what {words!r} belongs to: set a comma before 'and'", began, walk.at)


def _salvage(walk: Walk, draft: Draft, lost: Unread) -> None:
    """Note what was lost, and up to the next joint read the things that are named but nothing that is said of them."""
    if walk.at == lost.began and starts_thing(walk):  # two things side by side: what joins them is missing
        if not walk.problems or walk.problems[-1].end != lost.began:
            walk.problems.append(lost)
    else:
        lost.end = walk.at = max(lost.end, walk.at)
        walk.problems.append(lost)
    while not walk.done and walk.word not in CLAUSE_JOINTS:
        if starts_thing(walk) and walk.word not in ABSENCE:
            try:
                read_things(walk, draft)
            except Unread as other:
                other.end = walk.at = max(walk.at, other.end)
                walk.problems.append(other)
        else:
            walk.at += 1
            if walk.problems[-1].end == walk.at - 1:
                walk.problems[-1].end = walk.at
            else:
                walk.problems.append(Unread(lost.why, walk.at - 1, walk.at))


def _joint(walk: Walk, clauses: Clauses) -> str:
    """Take what joins two clauses, and say which it was: "." stands for every end of a sentence."""
    word = walk.take_any(CLAUSE_JOINTS)
    if not word:
        raise walk.lost("a comma or 'and'")
    if word in _STOPS:
        while walk.take_any(_STOPS):
            pass
        clauses.draft.sentence += 1
        _opening(walk)
        word = "."
    if word in (".", ";"):
        clauses.forget()
    # "a, b and c", "a, b, and c"; but "a and b, and c" is two things and another.
    ends = word == "and"
    if word == ",":
        serial = walk.take_any(("and", "but", "while")) == "and"
        ends = serial and len(clauses.listed) > 1 and not clauses.ends_list
    clauses.ends_list = ends
    return word


def _opening(walk: Walk) -> None:
    if walk.take_term("opening"):
        walk.take(",")
