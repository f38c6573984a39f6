"""What stands between the things: verbs, relation phrases, and whose left is meant."""

from dataclasses import dataclass, field

from rlrig_eval.scene.language.lexicon import BE, NEUTRAL, NOT, POSSESSIVES, STATES, Term
from rlrig_eval.scene.language.walk import Walk

_SIDES = ("left", "right")
_SIDE_WORDS = (("-", "hand", "side"), ("hand", "side"), ("side",))
_OWN_VIEW = frozenset("side perspective viewpoint view position".split())
_LONGEST_OWNER = 6  # words


@dataclass
class Verb:
    """ "is", "is not", "is also sitting", "stands": what was said before a relation or a quality."""

    be: str = ""
    negated: bool = False
    states: list[str] = field(default_factory=list)

    @property
    def said(self) -> bool:
        return bool(self.be or self.negated or self.states)


def read_verb(walk: Walk) -> Verb:
    """Take the verb ahead, if there is one."""
    verb = Verb()
    while not walk.done:
        word = walk.word
        if not verb.be and word in BE:
            verb.be = word
            walk.at += 1
        elif not verb.be and word == "can" and walk.peek(1) == "be":
            verb.be = "is"
            walk.at += 2
        elif not verb.negated and word in NOT:
            verb.negated = True
            walk.at += 1
        elif word in NEUTRAL and (verb.be or relation_ahead(walk, 1)):
            walk.at += 1
        elif not verb.negated and word in STATES:
            verb.states.append(STATES[word])
            walk.at += 1
        else:
            break
    return verb


def relation_ahead(walk: Walk, ahead: int = 0) -> bool:
    """Whether a relation phrase begins `ahead` words from here."""
    found = walk.text.terms.get(walk.at + ahead)
    if found is not None and found[1].kind == "relation":
        return True
    return own_side_ahead(walk, ahead) is not None


def own_side_ahead(walk: Walk, ahead: int = 0) -> tuple[str, int] | None:
    """ "on the dog's left" or "to its right": the side, and how many words ahead it stands; None when not ahead."""
    if walk.peek(ahead) not in ("on", "to", "at"):
        return None
    if walk.peek(ahead + 1) in POSSESSIVES:
        side = ahead + 2
        return (walk.peek(side), side) if walk.peek(side) in _SIDES and walk.peek(side + 1) != "of" else None
    for place in range(ahead + 2, ahead + 2 + _LONGEST_OWNER):
        if walk.peek(place) == "'s":
            return (walk.peek(place + 1), place + 1) if walk.peek(place + 1) in _SIDES else None
    return None


def take_side_words(walk: Walk) -> None:
    """Take "side" or "hand side", if ahead."""
    for words in _SIDE_WORDS:
        if walk.ahead(words):
            walk.at += len(words)
            return


def read_terms(walk: Walk) -> list[Term]:
    """Take the relation phrases ahead: one, or several with the same object ("above and to the left of")."""
    terms: list[Term] = []
    while (term := walk.take_term("relation")) is not None:
        terms.append(term)
        found = walk.text.terms.get(walk.at + 1)
        if walk.word != "and" or found is None or found[1].kind != "relation" or own_side_ahead(walk, 1):
            break
        walk.at += 1
    return terms


def own_view_ahead(walk: Walk) -> int | None:
    """ "from the dog's perspective": how many words ahead "perspective" stands; None when it is not ahead."""
    if walk.word != "from":
        return None
    if walk.peek(1) in POSSESSIVES:
        return 2 if walk.peek(2) in _OWN_VIEW or walk.peek(2) == "point" else None
    for place in range(2, 2 + _LONGEST_OWNER):
        if walk.peek(place) == "'s":
            return place + 1 if walk.peek(place + 1) in _OWN_VIEW or walk.peek(place + 1) == "point" else None
    return None


def take_view_words(walk: Walk) -> None:
    """Take "perspective" or "point of view"."""
    walk.at += 3 if walk.ahead(("point", "of", "view")) else 1
